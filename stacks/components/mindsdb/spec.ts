import { z } from "zod";
import { databaseName } from "../../blueprint/fields.ts";
import { shown } from "../../blueprint/shown.ts";
import type { Claims } from "../component.ts";
import { metadataDatabase } from "./metadata.ts";
import type { MindsdbSpec } from "./outputs.ts";

/** Databases that are there without being made, and the one for MindsDB's own records. */
const ownNames = ["mindsdb", "files", "log", "information_schema", "mysql", "views", metadataDatabase];

export const mindsdbSpec = z
  .strictObject({
    database: databaseName()
      .refine((name) => !ownNames.includes(name), {
        error: (issue) => `${shown(issue.input)} is a name of MindsDB's own`,
      })
      .describe("Database of postgres.databases it reads, on a replica where there is one."),
  })
  .describe("MindsDB: machine learning in SQL over the platform's data.") satisfies z.ZodType<MindsdbSpec>;

export const mindsdbClaims = z
  .literal(true)
  .transform((): Claims["mindsdb"][] => [{}])
  .describe("true: the service gets MindsDB's address and login.");
