import { setTimeout as sleep } from "node:timers/promises";
import { commitIn } from "../place.ts";
import type { Services } from "../services.ts";
import { deleteAttachment } from "./delete-attachment.ts";
import { settleUpload } from "./settle-upload.ts";

type Storage = Pick<Services, "db" | "cache" | "attachments" | "logger">;

/** How many are looked at in one go; the rest is for the next. */
const most = 100;

/**
 * Sweeps again and again, `seconds` apart. The function it gives ends that, once a sweep that is running is over. What a
 * sweep cannot do now, for storage or Postgres is away, the next one can.
 */
export function keepSweeping(storage: Storage, seconds: number): () => Promise<void> {
  const ending = new AbortController();
  const loop = async () => {
    for (;;) {
      const pause = seconds * 1000 * (0.5 + Math.random()); // instances that started together drift apart
      await sleep(pause, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
      if (ending.signal.aborted) return;
      await sweepAttachments(storage).catch((error: unknown) => storage.logger.warn({ err: error }, "clean-up failed"));
    }
  };
  const running = loop();
  return () => {
    ending.abort();
    return running;
  };
}

/**
 * Finishes what clients and killed processes left: uploads nobody said to be complete are checked or, where nothing came,
 * forgotten; objects no row shows are removed. Any instance may do it at any time, several at once too.
 */
async function sweepAttachments(storage: Storage): Promise<void> {
  await settleAbandoned(storage);
  await removeDueObjects(storage);
}

async function settleAbandoned(storage: Storage): Promise<void> {
  const uploads = await storage.db.readPrimary<{ organisationId: string; actorId: string; taskId: string; id: string }>(
    `SELECT organisation_id AS "organisationId", uploaded_by AS "actorId", task_id AS "taskId", id FROM abandoned_uploads($1)`,
    [most],
  );
  for (const { organisationId, actorId, taskId, id } of uploads) {
    const caller = { organisationId, actorId };
    try {
      const settled = await settleUpload(storage, { caller, taskId, id });
      if (settled) continue;
      await commitIn(storage, organisationId, (query) => deleteAttachment(query, caller, taskId, id));
    } catch (error) {
      // somebody else settled or deleted it, or storage has trouble with it: the others must not wait for that
      storage.logger.warn({ attachment: id, err: error }, "upload left for the next clean-up");
    }
  }
}

async function removeDueObjects({ db, attachments }: Storage): Promise<void> {
  const due = await db.readPrimary<{ organisationId: string; key: string }>(
    `SELECT organisation_id AS "organisationId", object_key AS key FROM due_objects($1)`,
    [most],
  );
  for (const { organisationId, key } of due) {
    await attachments.delete(key);
    await db.write((query) => query("DELETE FROM removed_objects WHERE object_key = $1", [key]), {
      organisation: organisationId,
    });
  }
}
