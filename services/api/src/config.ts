import { httpEnv } from "@purlin/kit/config";
import { postgresEnv } from "@purlin/kit/postgres";
import { redisCacheEnv } from "@purlin/kit/redis";
import { storageEnv } from "@purlin/kit/storage";
import { z } from "zod";

/** Everything this service takes from its environment. */
export const apiConfig = z.object({
  ...httpEnv,
  ...postgresEnv,
  ...redisCacheEnv,
  ...storageEnv,
  S3_BUCKET_ATTACHMENTS: z.string(),
  /** Largest attachment, bytes; the form around it must pass the gateway's maxBody. */
  ATTACHMENT_LIMIT: z.coerce
    .number()
    .int()
    .positive()
    .default(8 * 1024 * 1024),
});

export type ApiConfig = z.output<typeof apiConfig>;
