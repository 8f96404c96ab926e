import { readdir } from "node:fs/promises";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import { z } from "zod";
import type { Logger } from "./logger.ts";
import { connectionSettings } from "./pool.ts";

export type { MigrationBuilder } from "node-pg-migrate";

export const migrateEnv = { POSTGRES_OWNER_URL: z.url(), POSTGRES_CA_FILE: z.string().optional() };

export interface MigrationOptions {
  ownerUrl: string;
  caFile?: string | undefined;
  /** Folder of migrations, as a file URL. Those with the extension of the running code are used: .ts from source, .js from dist. */
  folder: URL;
  /** Table that remembers which have run; one a service, so that two services can share a database. */
  table: string;
  logger: Logger;
}

/** The kit's own migrations, for the database that all services share: who may do what, the outbox, the audit log. */
const shared = { folder: new URL("migrations", import.meta.url), table: "kit_migrations" };

/** Brings what the kit brings to the database that services share. */
export function migrateKit(options: Pick<MigrationOptions, "ownerUrl" | "caFile" | "logger">): Promise<string[]> {
  return migrate({ ...options, ...shared });
}

/** Brings a database that services share up to date: first what the kit brings, then the service's own. */
export async function migrateShared(options: MigrationOptions): Promise<string[]> {
  return [...(await migrateKit(options)), ...(await migrate(options))];
}

/**
 * Brings the schema up to date, in one transaction and under an advisory lock: whoever comes second waits, and then
 * finds nothing to do. Resolves with the names of the migrations that ran. @throws Error when the folder has none
 */
export async function migrate(options: MigrationOptions): Promise<string[]> {
  const folder = fileURLToPath(options.folder);
  const extension = extname(import.meta.url);
  const { logger } = options;
  const files = await readdir(folder);
  if (!files.some((file) => extname(file) === extension)) throw new Error(`no migrations (*${extension}) in ${folder}`);
  const ran = await runner({
    databaseUrl: connectionSettings(options.ownerUrl, options.caFile),
    dir: `${folder}/*${extension}`,
    ignorePattern: `${folder}/*.{d,test}.ts`,
    useGlob: true,
    migrationsTable: options.table,
    direction: "up",
    checkOrder: true,
    advisoryLockMode: "wait",
    logger: {
      debug: (text) => logger.debug(text),
      info: (text) => logger.debug(text),
      warn: (text) => logger.warn(text),
      error: (text) => logger.error(text),
    },
  });
  return ran.map((migration) => migration.name);
}
