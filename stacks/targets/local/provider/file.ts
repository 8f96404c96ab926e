import { existsSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { hasCode } from "../../../home/files.ts";
import { key } from "../resources/change.ts";
import { makeFolder, placeFile } from "../supervisor/ownership.ts";
import type { Change, Kind } from "./kind.ts";
import { demandInside } from "./world.ts";

const schema = z.strictObject({ path: z.string(), content: z.string(), mode: z.int().default(0o640) });
type Args = z.infer<typeof schema>;

export const file: Kind<Args> = {
  schema,
  id: (_name, { path }) => path,
  deadlineSeconds: () => 30,

  diff({ user }, { id }, args, olds) {
    if (id !== args.path) return Promise.resolve([{ key: key("path"), replaces: true }]);
    const found = look(id);
    const changes: Change[] = [];
    if (found === undefined) changes.push({ key: key("state", "missing") });
    else {
      if (found.content !== args.content) changes.push({ key: blame("content", args.content !== olds?.content) });
      if (found.mode !== args.mode) changes.push({ key: blame("mode", args.mode !== olds?.mode) });
      if (found.uid !== user.uid) changes.push({ key: key("state", "owner") });
    }
    return Promise.resolve(changes);
  },

  async apply(world, _instance, { path, content, mode }) {
    demandInside(world, path);
    makeFolder(dirname(path), world.user);
    await placeFile(path, content, world.user, mode);
  },

  exists: (_world, { id }) => existsSync(id),

  async remove(world, { id }) {
    demandInside(world, id);
    await rm(id, { force: true });
  },
};

/** A difference comes from the blueprint when that changed too; otherwise somebody edited the file. */
function blame(property: string, isWanted: boolean): string {
  return isWanted ? key(property) : key("state", property);
}

function look(path: string): { content: string; mode: number; uid: number } | undefined {
  try {
    const { mode, uid } = statSync(path);
    return { content: readFileSync(path, "utf8"), mode: mode & 0o7777, uid };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
