import { z } from "zod";

/** Text that Postgres can store as it is: no NUL, no half of a surrogate pair. */
function text(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "has characters that are not text");
}

export const newRecord = z.strictObject({ title: text(200).trim().min(1), body: text(10_000).default("") });

export const recordPath = z.strictObject({ id: z.uuid() });

export const attachmentPath = z.strictObject({ id: z.uuid(), aid: z.uuid() });

/** A record as the API shows it and as `columns` selects it. */
export interface RecordRow {
  id: string;
  title: string;
  body: string;
  createdAt: Date;
}

export const recordColumns = `id, title, body, created_at AS "createdAt"`;

export interface AttachmentRow {
  id: string;
  name: string;
  contentType: string;
  size: number;
  sha256: string;
  createdAt: Date;
}

/** Sizes are far below 2^53; as a float8 the driver gives a number and not a string. */
export const attachmentColumns = `id, name, content_type AS "contentType", size::float8 AS size, sha256, created_at AS "createdAt"`;

/** Topic of the cache that every write to a record or its attachments outdates. */
export const recordsTopic = "records";
