import { since } from "../../../output/duration.ts";
import { painter, type Colour } from "../../../output/paint.ts";
import { table } from "../../../output/table.ts";
import type { Terminal } from "../../../output/terminal.ts";
import type { ProcessRow } from "../../../platform.ts";

const colours = {
  running: "green",
  starting: "yellow",
  stopped: "dim",
  failed: "red",
  unhealthy: "red",
} satisfies Record<ProcessRow["state"], Colour>;

/** The table of `purlin status`: grouped by component, one line a process. */
export function statusLines(rows: readonly ProcessRow[], to: Pick<Terminal, "colour">, now: number): string[] {
  const paint = painter(to);
  const sorted = [...rows].sort((a, b) => a.component.localeCompare(b.component) || a.name.localeCompare(b.name));
  const cells = sorted.map((row, index) => [
    row.component === sorted[index - 1]?.component ? "" : row.component,
    row.name,
    paint(colours[row.state], row.state),
    row.since === undefined ? "-" : since(row.since, now),
    String(row.restarts),
    answer(row),
  ]);
  return table([
    ["COMPONENT", "PROCESS", "STATE", "FOR", "RESTARTS", "PROBE"].map((head) => paint("dim", head)),
    ...cells,
  ]);
}

function answer({ probe }: ProcessRow): string {
  return probe.ok ? `${probe.answer} (${Math.round(probe.ms)} ms)` : probe.answer;
}
