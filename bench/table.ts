import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import { writeAtomically } from "../stacks/home/files.ts";
import type { Figure, Report } from "./report.ts";

/** The README shows the figures between these two lines. */
const markers = { start: "<!-- bench:start -->", end: "<!-- bench:end -->" };

const readme = join(import.meta.dirname, "../README.md");

/** The figures as Markdown: one table, and when and where they were measured. */
export function renderFigures(reports: Readonly<Record<string, Report>>): Promise<string> {
  const all = Object.values(reports);
  const rows = all.flatMap(({ figures }) => figures).map(row);
  const rounds = all.flatMap(({ figures }) => figures.map(({ ours }) => ours.runs.length));
  const text = [
    "| What | purlin | Compared with | Ratio | Target |",
    "| --- | --: | --- | --: | --- |",
    ...rows,
    "",
    `Medians of at least ${Math.min(...rounds)} interleaved rounds on ${places(all).join("; ")}. \`npm run bench\` measures again.`,
  ];
  return format(text.join("\n"), { parser: "markdown", printWidth: 120 });
}

/** Puts the figures into a text that has the markers. @throws Error when it has not. */
export function placeFigures(text: string, figures: string): string {
  const start = text.indexOf(markers.start);
  const end = text.indexOf(markers.end);
  if (start < 0 || end < start) throw new Error(`no ${markers.start} before ${markers.end}`);
  return `${text.slice(0, start + markers.start.length)}\n\n${figures}\n${text.slice(end)}`;
}

/** Rewrites the README's figures from the reports. */
export async function updateReadme(reports: Readonly<Record<string, Report>>): Promise<void> {
  writeAtomically(readme, placeFigures(readFileSync(readme, "utf8"), await renderFigures(reports)), 0o644);
}

function row({ what, unit, ours, other, ratio, target, bound = "at most", met }: Figure): string {
  const verdict = target === undefined ? "" : `${target.toFixed(2)} ${bound}: ${met ? "met" : "**missed**"}`;
  const cells = [
    what,
    quantity(ours.median, unit),
    `${other.label}: ${quantity(other.median, unit)}`,
    ratio.toFixed(2),
    verdict,
  ];
  return `| ${cells.join(" | ")} |`;
}

function quantity(value: number, unit: Figure["unit"]): string {
  if (unit === "ms" && value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Each machine and day once, with the load others put on it: above 0 they slowed all contestants down. */
function places(reports: readonly Report[]): string[] {
  const groups = Map.groupBy(reports, ({ machine: { cpus, memoryGiB }, measured }) => {
    return `${cpus} processors and ${memoryGiB} GiB, ${measured}`;
  });
  return [...groups].map(([place, members]) => {
    const loads = members.map(({ machine }) => machine.loadBefore);
    return `${place}, load ${Math.min(...loads)} to ${Math.max(...loads)} before each bench`;
  });
}
