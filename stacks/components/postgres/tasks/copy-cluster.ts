import { constants } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { isMissing } from "../data-version.ts";

/*
 * What a base backup leaves out: state of the running server, and what a standby makes again by itself.
 * https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA
 */
const emptied = new Set([
  ...["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"],
]);
const leftOut = new Set([
  ...["postmaster.pid", "postmaster.opts", "backup_label", "tablespace_map", "backup_manifest"],
  ...["standby.signal", "recovery.signal", "pg_internal.init", "postgresql.auto.conf.tmp"],
]);
const control = path.join("global", "pg_control");

/**
 * Copies the data folder of a running server, between pg_backup_start and pg_backup_stop. Files that vanish meanwhile
 * are skipped and pages written meanwhile may be torn: replaying the WAL from the backup's start mends both.
 */
export async function copyCluster(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  await copyFolder(from, to, "");
  await copyIfThere(path.join(from, control), path.join(to, control)); // last, as pg_basebackup does
}

async function copyFolder(from: string, to: string, folder: string): Promise<void> {
  for (const entry of await readdir(path.join(from, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (leftOut.has(entry.name) || entry.name.startsWith("pgsql_tmp") || name === control) continue;
    if (entry.isDirectory()) {
      await mkdir(path.join(to, name), { mode: 0o700 });
      if (!emptied.has(name)) await copyFolder(from, to, name);
    } else if (entry.isFile()) {
      await copyIfThere(path.join(from, name), path.join(to, name));
    } else {
      throw new Error(`${name} is neither a file nor a folder: tablespaces are not supported`);
    }
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
