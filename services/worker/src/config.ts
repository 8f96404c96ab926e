import { authenticatorEnv } from "@purlin/kit/authenticator-settings";
import { httpEnv, list } from "@purlin/kit/config";
import { postgresEnv } from "@purlin/kit/postgres";
import { redisQueueEnv } from "@purlin/kit/queue";
import { rateLimitEnv } from "@purlin/kit/rate-limit";
import { redisCacheEnv } from "@purlin/kit/redis";
import { sealingKey } from "@purlin/kit/sealed-secret";
import { webhookSecretEnv } from "@purlin/kit/webhook-secrets";
import { z } from "zod";
import { mindsdbEnv } from "./forecast/config.ts";

const seconds = z.coerce.number().positive();

/** Everything this service takes from its environment. */
export const workerConfig = z.object({
  ...httpEnv,
  ...postgresEnv,
  ...redisCacheEnv,
  ...redisQueueEnv,
  ...authenticatorEnv,
  ...rateLimitEnv,
  ...webhookSecretEnv,
  ...mindsdbEnv,
  /** How long a job stays with an instance that has died. */
  QUEUE_LOCK_SECONDS: seconds.default(10),
  /** What a webhook's endpoint has to answer. */
  WEBHOOK_TIMEOUT_SECONDS: seconds.default(10),
  /** Days of failures after which a webhook is disabled. */
  WEBHOOK_DISABLE_DAYS: z.coerce.number().int().positive().default(3),
  /** Lets webhooks go to this machine over http: for development and tests alone. */
  WEBHOOK_ALLOW_LOOPBACK: z.stringbool().default(false),
  /** A service that answers as https://date.nager.at does. Absent: of working days only weekends are known to be off. */
  CALENDAR_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Whose public holidays, ISO 3166-1 alpha-2. */
  CALENDAR_COUNTRY: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .default("DE"),
  /** Subjects who may look at the queue board. */
  OPERATORS: list(z.uuid()),
  /** Seals the sessions of the queue board. Absent: there is no board. */
  BOARD_KEY: sealingKey.optional(),
});

export type WorkerConfig = z.output<typeof workerConfig>;
