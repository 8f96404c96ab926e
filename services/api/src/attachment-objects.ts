import { randomUUID } from "node:crypto";
import type { Services } from "./services.ts";

/** A new key; nothing a client sends is part of it but the record's checked id. */
export function newObjectKey(recordId: string): string {
  return `records/${recordId}/${randomUUID()}`;
}

/** Removes objects no row points to. Best effort: what stays behind costs space and is named in the log, nothing more. */
export async function removeObjects({ attachments, logger }: Services, keys: string[]): Promise<void> {
  const results = await Promise.allSettled(keys.map((key) => attachments.delete(key)));
  for (const [index, result] of results.entries()) {
    if (result.status === "rejected")
      logger.warn({ key: keys[index], err: result.reason as unknown }, "object left behind");
  }
}
