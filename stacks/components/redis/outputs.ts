import type { Address, Login } from "../component.ts";

export interface RedisInstanceSpec {
  /** bytes */
  maxMemory: number;
  policy: "allkeys-lru" | "allkeys-lfu" | "volatile-lru" | "volatile-ttl" | "noeviction";
}

export interface RedisSpec {
  /** May forget under pressure; persistence is a warm start, not a promise. */
  cache: RedisInstanceSpec;
  /** Never evicts; every write is in the append-only file. */
  queue: RedisInstanceSpec;
}

export interface RedisInstance extends Address {
  /** One ACL user per consumer, keyed by its name; keys are limited to `<consumer>:*`. */
  consumers: Record<string, Login & { keyPrefix: string }>;
}

export interface RedisOutputs {
  cache: RedisInstance;
  queue: RedisInstance;
}

declare module "../component.ts" {
  interface Specs {
    redis: RedisSpec;
  }
  interface Outputs {
    redis: RedisOutputs;
  }
  interface Claims {
    redis: { instance: "cache" | "queue" };
  }
}
