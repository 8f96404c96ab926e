import { z } from "zod";
import { bytes, count, databaseName, extensionName, mapping, port } from "../../blueprint/fields.ts";
import type { Claims } from "../component.ts";
import type { PostgresSpec } from "./outputs.ts";

export const postgresSpec = z
  .strictObject({
    version: z.literal(18).default(18).describe("Major version; data folders are pinned to it."),
    replicas: count({ min: 0, max: 5 }).default(2).describe("Streaming replicas that serve reads."),
    memory: bytes({ min: "128MiB" })
      .optional()
      .describe("Memory for all servers together; absent: a share of the machine's for each."),
    maxConnections: count({ min: 20, max: 1000 }).default(100).describe("Connections each server accepts."),
    databases: mapping(
      databaseName(),
      z.strictObject({
        extensions: z.array(extensionName()).default([]).describe("Extensions created in the database."),
      }),
    )
      .default({})
      .describe("Databases by name."),
    ports: z
      .strictObject({ primary: port().optional().describe("Fixed port of the primary; absent: allocated.") })
      .optional()
      .describe("Fixed ports."),
  })
  .describe("Postgres: one primary and streaming replicas.") satisfies z.ZodType<PostgresSpec>;

export const postgresClaims = z
  .array(
    z.strictObject({
      database: databaseName().describe("A database of postgres.databases."),
      access: z
        .enum(["read-write", "read-only"])
        .default("read-only")
        .describe("What the login may do with the database's rows."),
      migrates: z.boolean().default(false).describe("Give the `migrate` command the login that owns the schema."),
      pool: count({ min: 1, max: 100 })
        .default(10)
        .describe("Connections each instance may have to each server; all together must fit in maxConnections."),
    }),
  )
  .describe("Databases used, each through a login of its own.") satisfies z.ZodType<Claims["postgres"][]>;
