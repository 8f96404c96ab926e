import { setTimeout } from "node:timers/promises";
import { DatabaseError, type Client } from "pg";

/** Whether the slot exists and still holds the WAL its replica needs. */
export async function slotIsUsable(primary: Client, slot: string): Promise<boolean> {
  const { rows } = await primary.query<{ wal_status: string | null }>(
    "select wal_status from pg_replication_slots where slot_name = $1",
    [slot],
  );
  return rows[0] !== undefined && rows[0].wal_status !== "lost";
}

/** A slot that holds WAL from now on at the latest; one that lost it is made anew. */
export async function ensureSlot(primary: Client, slot: string): Promise<void> {
  if (await slotIsUsable(primary, slot)) return;
  await dropSlots(primary, [slot]);
  await primary.query("select pg_create_physical_replication_slot($1, immediately_reserve => true)", [slot]);
}

/** Drops those of the slots that exist, cutting off replicas that stream from them. */
export async function dropSlots(primary: Client, slots: string[]): Promise<void> {
  for (const slot of slots) await dropSlot(primary, slot);
}

/** A replica cut off is back within milliseconds, so that dropping its slot may take several attempts. */
async function dropSlot(primary: Client, slot: string, attempts = 100): Promise<void> {
  try {
    await primary.query(
      "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = $1 and active_pid is not null",
      [slot],
    );
    await primary.query("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1", [
      slot,
    ]);
  } catch (error) {
    const inUse = error instanceof DatabaseError && error.code === "55006";
    if (!inUse || attempts === 0) throw error;
    await dropSlot(primary, slot, attempts - 1);
  }
}

/** Waits until the replica has replayed what the primary has written by now; false when it does not get there. */
export async function hasReplayed(primary: Client, slot: string, attempts = 100): Promise<boolean> {
  const { rows } = await primary.query<{ lsn: string }>("select pg_current_wal_lsn() as lsn");
  for (let attempt = 0; attempt < attempts; attempt++) {
    const { rowCount } = await primary.query(
      "select from pg_stat_replication where application_name = $1 and replay_lsn >= $2::pg_lsn",
      [slot, rows[0]?.lsn],
    );
    if (rowCount !== 0) return true;
    await setTimeout(100);
  }
  return false;
}
