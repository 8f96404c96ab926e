import type { Context } from "./context.ts";
import type { Engine } from "./engine/engine.ts";
import type { Reporter } from "./progress/event.ts";

export interface RunGuard {
  /** From here on there is an engine to stop. */
  engine: (engine: Pick<Engine, "interrupt">) => void;
  release: () => void;
}

/**
 * Ctrl-C during a run that changes the stack: the first lets what is in flight finish, which its own deadlines bound;
 * the second leaves at once and says what remains.
 */
export function guardRun(
  { interruption, stderr }: Pick<Context, "interruption" | "stderr">,
  reporter: Pick<Reporter, "report">,
  command: string,
): RunGuard {
  let engine: Pick<Engine, "interrupt"> | undefined;
  const release = interruption.guard({
    finish() {
      const busy = engine?.interrupt() === "stopping";
      const what = busy ? "ending the steps in flight, starting no more" : "nothing has been changed by this run yet";
      reporter.report({ type: "notice", level: "info", message: `Interrupted: ${what}. Ctrl-C again leaves at once.` });
    },
    leave() {
      engine?.interrupt();
      stderr.write(`\nLeft at once. Steps in flight were cut off; \`purlin ${command}\` goes on from what is there.\n`);
    },
  });
  return {
    engine(opened) {
      engine = opened;
    },
    release,
  };
}
