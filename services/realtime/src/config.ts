import { authenticatorEnv } from "@purlin/kit/authenticator-settings";
import { httpEnv } from "@purlin/kit/config";
import { postgresEnv } from "@purlin/kit/postgres";
import { redisCacheEnv } from "@purlin/kit/redis";
import { z } from "zod";

/** Everything this service takes from its environment. */
export const realtimeConfig = z.object({
  ...httpEnv,
  ...postgresEnv,
  ...redisCacheEnv,
  ...authenticatorEnv,
  /** Connections one subject may have on one instance. */
  CONNECTIONS_PER_SUBJECT: z.coerce.number().int().positive().default(20),
  /** Bytes that may wait for a client that reads slowly; past them it is let go, and resumes when it can. */
  BUFFER_LIMIT: z.coerce
    .number()
    .int()
    .positive()
    .default(4 * 1024 * 1024),
});

export type RealtimeConfig = z.output<typeof realtimeConfig>;
