import { globSync, readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { basename, join } from "node:path";
import { format } from "prettier";
import { z } from "zod";
import { writeAtomically } from "../stacks/home/files.ts";
import { median, type Series } from "./measure.ts";

const seriesSchema = z.strictObject({ label: z.string(), runs: z.array(z.number()), median: z.number() });

const figureSchema = z.strictObject({
  /** What was measured, in Markdown. */
  what: z.string(),
  unit: z.enum(["ms", "MiB", "requests/s", "events/s", "jobs/s", "sign-ins/s"]),
  ours: seriesSchema,
  other: seriesSchema,
  /** Median of ours over median of the other. */
  ratio: z.number(),
  /** Largest ratio that is good enough, or smallest where more is better; absent where there is none to hold. */
  target: z.number().optional(),
  bound: z.enum(["at most", "at least"]).optional(),
  met: z.boolean().optional(),
});

const reportSchema = z.strictObject({
  measured: z.iso.date(),
  machine: z.strictObject({
    cpus: z.number(),
    memoryGiB: z.number(),
    /** Load of the last minute before the bench: above 0, others used the machine too. */
    loadBefore: z.number(),
  }),
  command: z.string(),
  figures: z.array(figureSchema),
});

export type Figure = z.infer<typeof figureSchema>;
/** What one bench found, as `bench/results/<name>.json` holds it. */
export type Report = z.infer<typeof reportSchema>;

const resultsDir = join(import.meta.dirname, "results");

/** Two series as one figure. */
export function compare(
  { what, unit, target, bound = "at most" }: Pick<Figure, "what" | "unit" | "target" | "bound">,
  ours: Series,
  other: Series,
): Figure {
  const ratio = Number((median(ours.runs) / median(other.runs)).toFixed(2));
  return {
    what,
    unit,
    ours: summary(ours),
    other: summary(other),
    ratio,
    ...(target !== undefined && { target, bound, met: bound === "at most" ? ratio <= target : ratio >= target }),
  };
}

/** The machine as it is before a bench starts. */
export function describeMachine(): Report["machine"] {
  const [load = 0] = loadavg();
  return {
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: Number(load.toFixed(1)),
  };
}

export async function writeReport(name: string, report: Report): Promise<void> {
  const json = JSON.stringify(reportSchema.parse(report), null, 2);
  writeAtomically(join(resultsDir, `${name}.json`), await format(json, { parser: "json", printWidth: 120 }), 0o644);
}

/** Every report there is, by bench. @throws ZodError for a file of another shape. */
export function readReports(): Record<string, Report> {
  const files = globSync("*.json", { cwd: resultsDir }).toSorted();
  return Object.fromEntries(
    files.map((file) => [
      basename(file, ".json"),
      reportSchema.parse(JSON.parse(readFileSync(join(resultsDir, file), "utf8"))),
    ]),
  );
}

function summary({ label, runs }: Series): Figure["ours"] {
  return { label, runs, median: median(runs) };
}
