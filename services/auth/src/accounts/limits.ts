import { createHash } from "node:crypto";
import { Problem } from "@purlin/kit/problems";
import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from "rate-limiter-flexible";

/*
 * Limits against guessing and flooding, counted in Redis over all instances; while Redis is away each instance counts in
 * its own memory.
 *
 * Guesses at one account are slowed down and never stopped: after a few, one is let through at a time, at intervals that double.
 * They are counted before the guess is looked at, so that many at once count as many.
 */
export interface Limits {
  /** Somebody tries to prove who `account` is. Call `succeeded` on the guess when they did. @throws Problem too_many_requests */
  guess: (kind: GuessKind, account: string) => Promise<Guess>;
  /** Counts one `action` by `key`. @throws Problem too_many_requests */
  count: (action: Action, key: string | undefined) => Promise<void>;
  /** It turned out to be none of what the limit is against. */
  refund: (action: Action, key: string | undefined) => Promise<void>;
  /** Like `count`, for what must not be told to have been too much: false then. */
  allows: (action: Action, key: string | undefined) => Promise<boolean>;
  /** The account's owner has shown up by other means: guesses made so far are forgotten. */
  forgive: (kind: GuessKind, account: string) => Promise<void>;
}

interface Guess {
  succeeded: () => Promise<void>;
}

type GuessKind = "password" | "code";

/** How many, in how many seconds. */
const actions = {
  /** Attempts at any account from one address. */
  signInFromAddress: { points: 60, duration: 600 },
  registerFromAddress: { points: 20, duration: 3600 },
  resetFromAddress: { points: 20, duration: 3600 },
  /** Mails of one kind to one address: more are not sent, and nobody is told. */
  mailToAddress: { points: 4, duration: 3600 },
} as const satisfies Record<string, { points: number; duration: number }>;

type Action = keyof typeof actions;

/** Guesses that are free, and how long they are remembered, seconds. */
const free = 5;
const memory = 24 * 3600;

/** Seconds between guesses from the sixth on: 15, 30, 60 and so on, at most a quarter of an hour. */
export function delay(guesses: number): number {
  return Math.min(900, 15 * 2 ** Math.min(10, Math.max(0, guesses - free - 1)));
}

export function createLimits(redis: Redis): Limits {
  const limiter = (name: string, points: number, duration: number): RateLimiterAbstract => {
    const options = { keyPrefix: `limit:${name}`, points, duration };
    const insuranceLimiter = new RateLimiterMemory(options);
    return new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter });
  };
  const counters = new Map(
    Object.entries(actions).map(([name, { points, duration }]) => [name, limiter(name, points, duration)] as const),
  );
  const guesses = limiter("guesses", Number.MAX_SAFE_INTEGER, memory);
  const gate = limiter("gate", 1, 1);

  const count = async (action: Action, key: string | undefined): Promise<void> => {
    await spend(() => counters.get(action)?.consume(digest(network(key))));
  };
  const forgive = async (kind: GuessKind, account: string): Promise<void> => {
    const key = `${kind}:${digest(account)}`;
    await Promise.all([guesses.delete(key), gate.delete(key)]);
  };
  return {
    guess: async (kind, account) => {
      const key = `${kind}:${digest(account)}`;
      const { consumedPoints } = await guesses.penalty(key);
      if (consumedPoints > free) {
        try {
          await spend(() => gate.consume(key, 1, { customDuration: delay(consumedPoints) }));
        } catch (error) {
          await guesses.reward(key); // it was not looked at, so it was no guess
          throw error;
        }
      }
      return { succeeded: () => forgive(kind, account) };
    },
    count,
    refund: async (action, key) => {
      await counters.get(action)?.reward(digest(network(key)));
    },
    allows: async (action, key) => {
      try {
        await count(action, key);
        return true;
      } catch (error) {
        if (error instanceof Problem) return false;
        throw error;
      }
    },
    forgive,
  };
}

/** The library rejects with its figures instead of an error when there is nothing left to spend. */
async function spend(consume: () => Promise<RateLimiterRes> | undefined): Promise<void> {
  try {
    await consume();
  } catch (rejection) {
    if (!(rejection instanceof RateLimiterRes)) throw rejection;
    const seconds = Math.max(1, Math.ceil(rejection.msBeforeNext / 1000));
    throw new Problem("too_many_requests", {
      detail: `try again in ${seconds} seconds`,
      headers: { "retry-after": String(seconds) },
      cause: rejection,
    });
  }
}

/** Addresses of version 6 count by their /64: whoever has one has all of it (RFC 6177). */
function network(address = "unknown"): string {
  if (!address.includes(":") || address.includes("@")) return address;
  if (address.toLowerCase().startsWith("::ffff:")) return address.slice(7);
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter((part) => part !== "");
  const right = (tail ?? "").split(":").filter((part) => part !== "");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...zeros, ...right].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

/** Redis is given no addresses of people. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
