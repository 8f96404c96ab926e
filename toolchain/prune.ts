import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { catalog as pinned, type Catalog } from "./catalog.ts";
import { onDisk } from "./disk.ts";
import { findInstalled } from "./installed.ts";
import { withToolLock } from "./tool-lock.ts";
import { toolNames } from "./tool.ts";

/**
 * Removes every folder of the toolchain that the catalogue no longer leads to: older versions, and copies from a source
 * that another one has replaced. Returns what was removed. Call it while no stack runs, as daemons run from these folders.
 * @throws PurlinError HOME_UNWRITABLE
 */
export async function pruneTools(home: string, catalog: Catalog = pinned): Promise<string[]> {
  const removed: string[] = [];
  for (const tool of toolNames) {
    const toolFolder = join(home, tool);
    const kept = await findInstalled(home, tool, catalog[tool]);
    if (kept === undefined) continue; // nothing better to offer: whatever is there may still serve a running stack
    await onDisk(home, () =>
      withToolLock(
        toolFolder,
        () => undefined,
        async () => {
          for (const entry of await readdir(toolFolder, { withFileTypes: true })) {
            const folder = join(toolFolder, entry.name);
            if (!entry.isDirectory() || folder === kept.folder) continue;
            await rm(folder, { recursive: true });
            removed.push(folder);
          }
        },
      ),
    );
  }
  return removed;
}
