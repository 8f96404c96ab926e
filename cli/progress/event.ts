import type { Row } from "../engine/engine.ts";
import type { Progress } from "../platform.ts";

/** What happens during a run, in the order it happens, whoever shows it. */
export type RunEvent =
  | { type: "phase"; title: string }
  | { type: "tool"; progress: Progress }
  | { type: "step"; row: Row }
  | { type: "notice"; level: "info" | "warn"; message: string };

/** Shows a run: a live view at a terminal, lines elsewhere, NDJSON with --json. */
export interface Reporter {
  report: (event: RunEvent) => void;
  /** To be called before anything else is written, also when the run failed. */
  close: () => Promise<void>;
}
