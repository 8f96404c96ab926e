import { performance } from "node:perf_hooks";
import { LRUCache } from "lru-cache";

/** Answers that may be reused for a moment and not longer. `Value` is an object; undefined stands for "there is none". */
export interface FreshCache<Value extends object> {
  /** The answer when it is fresh, without waiting; undefined also where there is none. */
  peek: (key: string) => Value | undefined;
  /** The answer, at most `maxAge` milliseconds older than this call. One load for a key runs at a time. */
  get: (key: string, maxAge?: number) => Promise<Value | undefined>;
}

/** Milliseconds. What is asked for in the second half of its life is loaded again behind the back of whoever asks. */
const lifetime = 500;
const refreshAfter = 250;

/** Bounds the memory, whoever asks for what. */
const capacity = 20_000;

interface Entry<Value> {
  value: Value | undefined;
  /** When its load began: the answer may be as old as that. */
  at: number;
}

/** `load` gets what is known so far, to give back the same object where nothing has changed. */
export function createFreshCache<Value extends object>(
  load: (key: string, known: Value | undefined) => Promise<Value | undefined>,
): FreshCache<Value> {
  const entries = new LRUCache<string, Entry<Value>>({ max: capacity });
  const loading = new Map<string, { at: number; answer: Promise<Value | undefined> }>();

  const reload = (key: string, maxAge: number): Promise<Value | undefined> => {
    const at = performance.now();
    const running = loading.get(key);
    if (running && at - running.at <= maxAge) return running.answer;
    const answer = load(key, entries.peek(key)?.value).then((value) => {
      if ((entries.peek(key)?.at ?? 0) <= at) entries.set(key, { value, at });
      return value;
    });
    const mine = { at, answer };
    loading.set(key, mine);
    const done = () => {
      if (loading.get(key) === mine) loading.delete(key);
    };
    answer.then(done, done);
    return answer;
  };

  return {
    peek: (key) => {
      const entry = entries.get(key);
      if (!entry) return undefined;
      const age = performance.now() - entry.at;
      if (age > lifetime) return undefined;
      // a failure shows when the answer is too old to be used: then somebody waits for it
      if (age > refreshAfter && !loading.has(key)) reload(key, lifetime).catch(() => undefined);
      return entry.value;
    },
    get: async (key, maxAge = lifetime) => {
      const entry = entries.get(key);
      if (entry && performance.now() - entry.at <= maxAge) return entry.value;
      return reload(key, maxAge);
    },
  };
}
