import type { Services } from "../services.ts";

/**
 * Removes objects that no row shows any more, without waiting for the clean-up. Never fails: what storage does not
 * remove now is in `removed_objects`, and removed later.
 */
export async function removeObjects(
  { attachments, logger }: Pick<Services, "attachments" | "logger">,
  keys: readonly string[],
): Promise<void> {
  const results = await Promise.allSettled(keys.map((key) => attachments.delete(key)));
  for (const [index, result] of results.entries()) {
    if (result.status === "rejected")
      logger.warn({ key: keys[index], err: result.reason as unknown }, "object left for later");
  }
}
