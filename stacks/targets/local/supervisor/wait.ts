import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  timeoutMs: number;
  /** Pause between two looks; short, because a person waits. */
  everyMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Looks until `condition` gives something true; false when the time is over. Always looks at least once.
 *
 * @throws the signal's reason, as soon as it aborts.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs, everyMs = 10, signal }: WaitOptions,
): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await pause(everyMs, signal);
  }
}

/** Sleeps. @throws the signal's own reason, rather than the timer's AbortError. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
