import { writeLine } from "../output/json.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Reporter } from "./event.ts";

/** Every event as one line of JSON: `{ version, type: "step", urn, operation, phase, ... }`. */
export function ndjsonReporter(to: Pick<Terminal, "write">): Reporter {
  return {
    report(event) {
      switch (event.type) {
        case "tool":
          writeLine(to, { type: event.type, ...event.progress });
          break;
        case "step":
          writeLine(to, { type: event.type, ...event.row });
          break;
        default:
          writeLine(to, event);
      }
    },
    close: () => Promise.resolve(),
  };
}
