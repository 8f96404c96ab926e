import { acknowledge } from "@purlin/kit/consistency";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import type { StoredObject } from "@purlin/kit/storage";
import type { Request } from "express";
import { newObjectKey, removeObjects } from "../attachment-objects.ts";
import { attachmentColumns, recordPath, type AttachmentRow } from "../records.ts";
import type { Services } from "../services.ts";
import { receiveFile } from "../upload.ts";

const insert = `
  INSERT INTO attachments (record_id, object_key, name, content_type, size, sha256)
  SELECT id, $2, $3, $4, $5, $6 FROM records WHERE id = $1 FOR KEY SHARE
  RETURNING ${attachmentColumns}`;

/**
 * POST /records/:id/attachments: the file goes straight to storage, and only when it is whole there the row is written.
 * A row therefore always has its object; an upload that fails leaves no row.
 */
export function createAttachment(services: Services) {
  const { db } = services;
  return route({
    method: "post",
    path: "/records/:id/attachments",
    params: recordPath,
    handle: async ({ params, request, response }) => {
      const found = await db.readPrimary("SELECT 1 FROM records WHERE id = $1", [params.id]);
      if (found.length === 0) throw noRecord();
      const file = await receiveObject(services, params.id, request);
      const { value, lsn } = await db
        .write((query) => insertRow(query, params.id, file))
        .catch(async (error: unknown) => {
          await forget(services, file.key, error);
          throw error;
        });
      acknowledge(response, lsn);
      response.status(201).json(value);
    },
  });
}

interface StoredFile extends StoredObject {
  key: string;
  name: string;
  contentType: string;
}

async function receiveObject(services: Services, recordId: string, request: Request): Promise<StoredFile> {
  const key = newObjectKey(recordId);
  const limit = services.attachmentLimit;
  try {
    return await receiveFile(request, async ({ stream, name, contentType }) => {
      const object = await services.attachments.put(key, stream, { contentType, limit });
      return { key, name, contentType, ...object };
    });
  } catch (error) {
    await removeObjects(services, [key]);
    throw error;
  }
}

async function insertRow(query: Query, recordId: string, file: StoredFile): Promise<AttachmentRow> {
  const values = [recordId, file.key, file.name, file.contentType, file.size, file.sha256];
  const [row] = await query<AttachmentRow>(insert, values);
  if (!row) throw noRecord(); // deleted while the file was on its way
  return row;
}

/** A connection lost during COMMIT leaves open whether the row is there: then the object must stay. */
async function forget(services: Services, key: string, error: unknown): Promise<void> {
  if (error instanceof Problem) await removeObjects(services, [key]);
  else services.logger.warn({ key, err: error }, "object may be left behind");
}

function noRecord(): Problem {
  return new Problem("not_found", { detail: "there is no such record" });
}
