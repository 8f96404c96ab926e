import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "@purlin/kit/logger";
import type { Query } from "@purlin/kit/pool";
import { readHead, readNext, type ServerEvent } from "./feed-events.ts";
import { isAfter, type Position } from "./position.ts";

/** Told events kept in memory: most of those who come back have missed no more than these. */
const kept = 5_000;
const batch = 500;
/** Milliseconds until the feed is read again though nobody said that something is there. */
const patience = 250;

export interface Feed {
  /** Everything up to here was told. */
  position: () => Position;
  /** Events told after `position`, from memory; undefined when it is too long ago for that. */
  since: (position: Position) => ServerEvent[] | undefined;
  /** Looks for new events at once. */
  wake: () => void;
  /** Resolves when the first position is known. */
  started: Promise<unknown>;
  stop: () => Promise<void>;
}

/**
 * Gives every event to `tell`, in the order of the feed. While Postgres is away it waits and then goes on where it was:
 * nothing is skipped, nothing comes twice. Each instance reads by itself and tells its own clients.
 */
export function startFeed(query: Query, logger: Logger, tell: (event: ServerEvent) => void): Feed {
  const stopping = new AbortController();
  const begun = Promise.withResolvers<undefined>();
  let position: Position | undefined;
  const memory: ServerEvent[] = [];
  let start: Position = "0"; // the position before the first of `memory`
  let woken = Promise.withResolvers<undefined>();

  const remember = (event: ServerEvent) => {
    memory.push(event);
    if (memory.length < 2 * kept) return;
    const dropped = memory.splice(0, kept);
    start = dropped.at(-1)?.position ?? start;
  };
  const step = async (): Promise<boolean> => {
    if (position === undefined) {
      position = start = await readHead(query);
      begun.resolve(undefined);
      return true;
    }
    const events = await readNext(query, position, batch);
    for (const event of events) {
      position = event.position;
      remember(event);
      tell(event);
    }
    return events.length === batch;
  };
  const run = async () => {
    let away = false;
    while (!stopping.signal.aborted) {
      woken = Promise.withResolvers();
      let more = false;
      try {
        more = await step();
        if (away) logger.info("the feed goes on");
        away = false;
      } catch (error) {
        if (!away) logger.warn({ err: error }, "the feed waits for Postgres");
        away = true;
      }
      if (!more) await Promise.race([woken.promise, pause(stopping.signal)]);
    }
  };
  const running = run();
  return {
    position: () => position ?? "0",
    since: (after) => {
      if (isAfter(start, after)) return undefined;
      const first = memory.findLastIndex((event) => !isAfter(event.position, after)) + 1;
      return memory.slice(first);
    },
    wake: () => {
      woken.resolve(undefined);
    },
    started: begun.promise,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(patience, undefined, { signal }).catch(() => undefined);
}
