import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@purlin/kit/logger";
import { isOutage } from "@purlin/kit/problems";

/** Does `work` every `interval` milliseconds until it is stopped, whatever becomes of it; `stop` waits for the last round. */
export function startLoop(name: string, interval: number, work: () => Promise<unknown>, logger: Logger) {
  const stopping = new AbortController();
  const run = async () => {
    let failing = false;
    while (!stopping.signal.aborted) {
      try {
        await work();
        failing = false;
      } catch (error) {
        if (!failing) logger[isOutage(error) ? "warn" : "error"]({ loop: name, err: error }, "a round failed");
        failing = true;
      }
      // not quite even, so that instances do not come at the same moment
      await sleep(interval * (0.8 + Math.random() * 0.4), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
