import { z } from "zod";
import { bytes } from "../../blueprint/fields.ts";
import type { Claims } from "../component.ts";
import type { RedisSpec } from "./outputs.ts";

const maxMemory = () => bytes({ min: "8MiB" }).prefault("128MiB").describe("Memory for data.");

export const redisSpec = z
  .strictObject({
    cache: z
      .strictObject({
        maxMemory: maxMemory(),
        policy: z
          .enum(["allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl", "noeviction"])
          .default("allkeys-lru")
          .describe("What goes first when the memory is used up."),
      })
      .prefault({})
      .describe("May forget under pressure."),
    queue: z
      .strictObject({
        maxMemory: maxMemory(),
        policy: z
          .literal("noeviction")
          .default("noeviction")
          .describe("A queue never evicts: a full one refuses writes."),
      })
      .prefault({})
      .describe("Never forgets: every write is in the append-only file."),
  })
  .describe("Redis: a cache and a queue, kept apart.") satisfies z.ZodType<RedisSpec>;

export const redisClaims = z
  .array(z.strictObject({ instance: z.enum(["cache", "queue"]).describe("Which of the two.") }))
  .describe("Redis instances used; keys are limited to `<service>:*`.") satisfies z.ZodType<Claims["redis"][]>;
