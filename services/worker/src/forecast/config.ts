import { z } from "zod";

/** Names inside MindsDB, which go into statements: nothing but what needs no escaping. */
const identifier = z.string().regex(/^[a-z][a-z0-9_]*$/);

/** What the mindsdb component gives to a service that needs it; all of it is absent on a platform without MindsDB. */
export const mindsdbEnv = {
  MINDSDB_URL: z.url().optional(),
  MINDSDB_USER: z.string().default(""),
  MINDSDB_PASSWORD: z.string().default(""),
  MINDSDB_DATA_SOURCE: identifier.default("app"),
  MINDSDB_PROJECT: identifier.default("forecast"),
  MINDSDB_ENGINE: identifier.default("work"),
  /** Absent where no language model is set up. */
  MINDSDB_SUMMARY_MODEL: identifier.optional(),
};

export type MindsdbSettings = z.output<z.ZodObject<typeof mindsdbEnv>>;
