import { authenticatorEnv } from "@purlin/kit/authenticator-settings";
import { httpEnv } from "@purlin/kit/config";
import { postgresEnv } from "@purlin/kit/postgres";
import { rateLimitEnv } from "@purlin/kit/rate-limit";
import { redisCacheEnv } from "@purlin/kit/redis";
import { storageEnv } from "@purlin/kit/storage";
import { webhookSecretEnv } from "@purlin/kit/webhook-secrets";
import { z } from "zod";

/** Everything this service takes from its environment. */
export const apiConfig = z.object({
  ...httpEnv,
  ...postgresEnv,
  ...redisCacheEnv,
  ...storageEnv,
  ...authenticatorEnv,
  ...rateLimitEnv,
  ...webhookSecretEnv,
  S3_BUCKET_ATTACHMENTS: z.string(),
  /** Largest attachment, bytes; it must pass the gateway's maxBody. */
  ATTACHMENT_LIMIT: z.coerce
    .number()
    .int()
    .positive()
    .default(8 * 1024 * 1024),
  /** Seconds between clean-ups of abandoned uploads and of objects no row shows. */
  CLEAN_UP_SECONDS: z.coerce.number().positive().default(60),
  /** Lets webhooks go to this machine over http: for development and tests alone. */
  WEBHOOK_ALLOW_LOOPBACK: z.stringbool().default(false),
  /** Shows the GraphQL schema to whoever asks, and suggests names. */
  GRAPHQL_INTROSPECTION: z.stringbool().default(true),
  /** File with the only GraphQL operations that run, by sha256 of their text. Absent: any. */
  GRAPHQL_OPERATIONS_FILE: z.string().optional(),
});

export type ApiConfig = z.output<typeof apiConfig>;
