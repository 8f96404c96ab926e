import { z } from "zod";
import { databaseName } from "../../blueprint/fields.ts";
import { shown } from "../../blueprint/shown.ts";
import type { Claims } from "../component.ts";
import { metadataDatabase } from "./metadata.ts";
import type { MindsdbSpec } from "./outputs.ts";

/** Databases that are there without being made, and the one for MindsDB's own records. */
const ownNames = ["mindsdb", "files", "log", "information_schema", "mysql", "views", metadataDatabase];

const notItsOwn = () =>
  databaseName().refine((name) => !ownNames.includes(name), {
    error: (issue) => `${shown(issue.input)} is a name of MindsDB's own`,
  });

const llm = z
  .strictObject({
    provider: z.enum(["openai", "ollama"]).describe("Both are asked over the OpenAI-compatible protocol."),
    baseUrl: z
      .url({ protocol: /^https?$/, error: (issue) => `${shown(issue.input)} is not an http(s) URL` })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional()
      .describe("Where it is, with its version: https://llm.example.com/v1. Absent: the provider's own address."),
    model: z.string().min(1).describe("Model to ask."),
    apiKey: z
      .string()
      .regex(/^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/, { error: () => "a key is not written here; write ${env:NAME}" })
      .optional()
      .describe("${env:NAME}: the environment variable that holds the key. Absent: none is sent."),
  })
  .describe("A language model that summarises projects. Absent: none, and nothing is sent anywhere.");

export const mindsdbSpec = z
  .strictObject({
    database: notItsOwn().describe("Database of postgres.databases it reads, on a replica where there is one."),
    project: notItsOwn().default("forecast").describe("Project made inside MindsDB, where models are."),
    llm: llm.optional(),
  })
  .refine(({ database, project }) => database !== project, {
    path: ["project"],
    error: "the project cannot be named like the database: MindsDB keeps both in one list",
  })
  .describe("MindsDB: machine learning in SQL over the platform's data.") satisfies z.ZodType<MindsdbSpec>;

export const mindsdbClaims = z
  .literal(true)
  .transform((): Claims["mindsdb"][] => [{}])
  .describe("true: the service gets MindsDB's address and login.");
