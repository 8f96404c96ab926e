import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Series } from "./measure.ts";
import { compare, readReports, type Report } from "./report.ts";
import { placeFigures, renderFigures } from "./table.ts";

function series(label: string, ...runs: number[]): Series {
  const made = new Series(label);
  for (const run of runs) made.add(run);
  return made;
}

function report(ours: Series, other: Series, target?: number): Report {
  return {
    measured: "2026-05-01",
    machine: { cpus: 2, memoryGiB: 8, loadBefore: 0 },
    command: "npm run bench",
    figures: [compare({ what: ours.label, unit: "ms", ...(target !== undefined && { target }) }, ours, other)],
  };
}

test("the README shows what was measured last: run `npm run bench -- --render`", async () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  expect(placeFigures(readme, await renderFigures(readReports()))).toBe(readme);
});

test("a figure is the ratio of medians, and its target is met or missed, never rounded away", async () => {
  const [met, missed] = [
    report(series("a", 9, 1, 2), series("b", 1, 8, 1), 2),
    report(series("c", 3), series("d", 1), 2),
  ];
  const text = (await renderFigures({ met, missed })).replaceAll(/ +/g, " ");
  expect(text).toContain("| a | 2.0 ms | b: 1.0 ms | 2.00 | 2.00 at most: met |");
  expect(text).toContain("| c | 3.0 ms | d: 1.0 ms | 3.00 | 2.00 at most: **missed** |");
});

test("the median of an even number of runs is between the two in the middle", () => {
  expect(report(series("a", 1, 4, 2, 9), series("b", 1)).figures[0]?.ours.median).toBe(3);
});

test("a text without the markers is refused", () => {
  expect(() => placeFigures("# Title", "")).toThrow("no <!-- bench:start --> before <!-- bench:end -->");
});
