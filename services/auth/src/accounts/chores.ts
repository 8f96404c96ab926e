import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@purlin/kit/logger";

/** Work nobody waits for. Every instance does it; what they share is told apart by row locks. */
export interface Chore {
  name: string;
  /** Milliseconds from one time to the next, when nobody wakes it. */
  every: number;
  /** True when there is more to do at once. */
  run: () => Promise<boolean>;
}

export interface Chores {
  /** Somebody has just made work: every chore looks for its own now. */
  wake: () => void;
  /** Resolves when what is at work is through. */
  close: () => Promise<void>;
}

/** Does each chore at its interval, side by side. What fails is logged and tried again at its next turn. */
export function startChores(chores: Chore[], logger: Logger): Chores {
  const stop = new AbortController();
  let alarm = new AbortController();

  const turn = async ({ name, run }: Chore): Promise<void> => {
    try {
      while (!stop.signal.aborted && (await run()));
    } catch (error) {
      logger.warn({ chore: name, err: error }, "a chore failed");
    }
  };
  const work = async (chore: Chore): Promise<void> => {
    while (!stop.signal.aborted) {
      const signal = AbortSignal.any([stop.signal, alarm.signal]); // of before the turn: a wake during it is not lost
      await turn(chore);
      await sleep(chore.every, undefined, { signal }).catch(() => undefined);
    }
  };
  const working = chores.map(work);
  return {
    wake: () => {
      const ringing = alarm;
      alarm = new AbortController();
      ringing.abort();
    },
    close: async () => {
      stop.abort();
      await Promise.all(working);
    },
  };
}
