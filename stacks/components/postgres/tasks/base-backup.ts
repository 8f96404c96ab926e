import { execFile } from "node:child_process";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Client } from "pg";
import { z } from "zod";
import { PurlinError } from "../../../../errors/purlin-error.ts";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { isMissing, requireMajor } from "../data-version.ts";
import { ensureLogin, keepStatementsPrivate, withClient } from "./connect.ts";
import { server } from "./server.ts";
import { copyCluster } from "./copy-cluster.ts";
import { putInPlace } from "./put-in-place.ts";
import { ensureSlot, hasReplayed, slotIsUsable } from "./slot.ts";
import { systemIdentifier } from "./system-identifier.ts";

const input = z.strictObject({
  primary: server,
  replication: z.strictObject({ user: z.string(), password: z.string() }),
  major: z.number(),
  dataDir: z.string(),
  /** Written last, with the primary's max_connections as the copy knows it: a copy without it is not trusted. */
  marker: z.string(),
  slot: z.string(),
  maxConnections: z.number(),
});

type Input = z.infer<typeof input>;

/** Makes one replica's data folder from the running primary, or finds that the one there is good. */
await runTask(input, async (task) => {
  const present = requireMajor(task.dataDir, task.major) === "present";
  await withClient(task.primary, "postgres", async (primary) => {
    await ensureReplicationRole(primary, task.replication);
    if (present) await requireCopyOf(primary, task.dataDir);
    if (!present || !(await isGood(primary, task))) await rebuild(primary, task);
    await writeFile(task.marker, String(task.maxConnections));
  });
});

/** Replicas are made side by side, so the lock; it is let go with the transaction. */
async function ensureReplicationRole(primary: Client, { user, password }: Input["replication"]): Promise<void> {
  await keepStatementsPrivate(primary);
  await primary.query("begin");
  await primary.query("select pg_advisory_xact_lock(hashtext('purlin replication role'))");
  await ensureLogin(primary, user, password, "replication");
  await primary.query("commit");
}

/** A folder that is no standby of this primary may hold the last copy of something: it is never overwritten. */
async function requireCopyOf(primary: Client, dataDir: string): Promise<void> {
  const { rows } = await primary.query<{ id: string }>("select system_identifier::text as id from pg_control_system()");
  if (rows[0]?.id !== (await systemIdentifier(dataDir))) {
    throw new PurlinError("POSTGRES_REPLICA_FOREIGN", { path: dataDir, reason: "it was made from another primary" });
  }
  if (!(await exists(path.join(dataDir, "standby.signal")))) {
    throw new PurlinError("POSTGRES_REPLICA_FOREIGN", { path: dataDir, reason: "it was promoted" });
  }
}

/** Whether the copy is complete, can still follow the primary, and will start with the settings it is about to get. */
async function isGood(primary: Client, { marker, slot, maxConnections }: Input): Promise<boolean> {
  const known = await knownMaxConnections(marker);
  if (known === undefined || !(await slotIsUsable(primary, slot))) return false;
  // A standby refuses to start with fewer connections than its primary had where it stopped replaying.
  return known <= maxConnections || (await hasReplayed(primary, slot));
}

async function rebuild(primary: Client, { dataDir, marker, slot }: Input): Promise<void> {
  const partial = `${dataDir}.part`;
  await rm(marker, { force: true });
  await rm(partial, { recursive: true, force: true });
  await ensureSlot(primary, slot);
  await backUp(primary, slot, partial);
  await putInPlace(partial, dataDir);
}

/** https://www.postgresql.org/docs/18/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP */
async function backUp(primary: Client, label: string, to: string): Promise<void> {
  const { rows } = await primary.query<{ folder: string }>("select current_setting('data_directory') as folder");
  if (!rows[0]) throw new Error("the primary does not say where its data is");
  // Ends by itself if this session does: nothing is left on the primary by a kill.
  await primary.query("select pg_backup_start($1, fast => true)", [label]);
  await copyCluster(rows[0].folder, to);
  const stop = await primary.query<{ labelfile: string }>(
    "select labelfile from pg_backup_stop(wait_for_archive => false)",
  );
  await writeFile(path.join(to, "backup_label"), stop.rows[0]?.labelfile ?? "", { mode: 0o600 });
  await writeFile(path.join(to, "standby.signal"), "", { mode: 0o600 });
  await promisify(execFile)("sync"); // the copy reaches the disk before its name does
}

async function knownMaxConnections(marker: string): Promise<number | undefined> {
  try {
    return Number(await readFile(marker, "utf8"));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
