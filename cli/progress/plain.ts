import { duration } from "../output/duration.ts";
import { painter } from "../output/paint.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Reporter, RunEvent } from "./event.ts";
import { calledOff, operationWords } from "./words.ts";

/** One line for each thing that ended, as it happens: for logs of CI and for terminals that cannot be redrawn. */
export function plainReporter(to: Terminal, { verbose }: { verbose: boolean }): Reporter {
  return {
    report(event) {
      const line = lineOf(event, to, verbose);
      if (line !== undefined) to.write(`${line}\n`);
    },
    close: () => Promise.resolve(),
  };
}

function lineOf(event: RunEvent, to: Terminal, verbose: boolean): string | undefined {
  const paint = painter(to);
  switch (event.type) {
    case "phase":
      return event.title;
    case "tool": {
      const { tool, phase, source, seconds, detail } = event.progress;
      if (phase === "done") return `  ${tool}: ready from ${source} (${duration(seconds)})`;
      if (phase === "absent") return `  ${tool}: ${paint("yellow", "goes without it")}: ${detail}`;
      return verbose || phase === "download" || phase === "build" ? `  ${tool}: ${phase} ${source}` : undefined;
    }
    case "step": {
      const { row } = event;
      if (row.phase === "running") return undefined;
      if (row.message === calledOff) return `  ${row.component}: ${row.name} called off`;
      if (row.phase === "failed") return `  ${paint("red", `${row.name}: failed: ${row.message ?? ""}`)}`;
      if (row.operation === "same" && !verbose) return undefined;
      const why = row.reasons.length === 0 ? "" : `: ${row.reasons.join(", ")}`;
      return `  ${row.component}: ${row.name} ${operationWords[row.operation].done} (${duration(row.seconds)})${why}`;
    }
    case "notice":
      return event.level === "warn" ? paint("yellow", `warning: ${event.message}`) : event.message;
  }
}
