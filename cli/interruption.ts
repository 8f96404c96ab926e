/** Signals that ask the CLI to leave. HUP is a closed terminal. */
export const leaveSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What a handler that must not be cut off does about Ctrl-C. */
interface Guard {
  /** First time: say what is being finished, and start to finish. */
  finish: () => void;
  /** Second time: say what remains. The CLI leaves right after. */
  leave: () => void;
}

/** Ctrl-C as handlers see it: unguarded, the first one leaves at once. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Puts `guard` in charge until the returned function is called. */
  guard: (guard: Guard) => () => void;
}

export interface InterruptionSwitch extends Interruption {
  /** To be called for every signal. */
  interrupt: () => void;
  /** To be called when nobody reads our output any more. Like a first signal, but leaving then is no failure. */
  unheard: () => void;
}

/** @param exit leaves the process: with the exit code of an interrupted run, or quietly when nobody reads any more. */
export function createInterruption(exit: (reason: "interrupted" | "unheard") => void): InterruptionSwitch {
  const controller = new AbortController();
  let current: Guard | undefined;
  return {
    signal: controller.signal,
    guard(guard) {
      current = guard;
      return () => {
        if (current === guard) current = undefined;
      };
    },
    interrupt() {
      const first = !controller.signal.aborted;
      controller.abort();
      if (current === undefined) exit("interrupted");
      else if (first) current.finish();
      else {
        current.leave();
        exit("interrupted");
      }
    },
    unheard() {
      if (controller.signal.aborted) return;
      controller.abort();
      if (current === undefined) exit("unheard");
      else current.finish();
    },
  };
}
