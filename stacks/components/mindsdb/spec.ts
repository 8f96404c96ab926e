import { z } from "zod";
import { databaseName } from "../../blueprint/fields.ts";
import type { Claims } from "../component.ts";
import type { MindsdbSpec } from "./outputs.ts";

export const mindsdbSpec = z
  .strictObject({
    database: databaseName().describe("Database of postgres.databases it reads, on a replica where there is one."),
  })
  .describe("MindsDB: machine learning in SQL over the platform's data.") satisfies z.ZodType<MindsdbSpec>;

export const mindsdbClaims = z
  .literal(true)
  .transform((): Claims["mindsdb"][] => [{}])
  .describe("true: the service gets MindsDB's address and login.");
