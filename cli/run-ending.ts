import { PurlinError } from "../errors/purlin-error.ts";
import type { RunSummary } from "./engine/engine.ts";

/** @throws PurlinError RUN_FAILED or RUN_INTERRUPTED unless the run succeeded. */
export function demandGoodEnding({ command, result, failures, logFile }: RunSummary): void {
  switch (result) {
    case "succeeded":
      return;
    case "interrupted":
      throw new PurlinError("RUN_INTERRUPTED", { command });
    case "failed":
      throw new PurlinError("RUN_FAILED", { command, failures, logFile });
  }
}
