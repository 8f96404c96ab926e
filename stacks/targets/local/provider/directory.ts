import { existsSync, statSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { z } from "zod";
import { key } from "../resources/change.ts";
import { makeFolder } from "../supervisor/ownership.ts";
import type { Change, Kind } from "./kind.ts";
import { demandInside } from "./world.ts";

const schema = z.strictObject({
  path: z.string(),
  holds: z.enum(["data", "scratch"]),
  mode: z.int().default(0o700),
});
type Args = z.infer<typeof schema>;

export const directory: Kind<Args> = {
  schema,
  id: (_name, { path }) => path,
  deadlineSeconds: () => 300, // a large data folder takes its time to remove

  diff({ user }, { id }, args, olds) {
    if (id !== args.path) return Promise.resolve([{ key: key("path"), replaces: true }]);
    const changes: Change[] = [];
    if (!existsSync(id)) changes.push({ key: key("state", "missing") });
    else {
      const { mode, uid } = statSync(id);
      if ((mode & 0o7777) !== args.mode)
        changes.push({ key: args.mode === olds?.mode ? key("state", "mode") : key("mode") });
      if (uid !== user.uid) changes.push({ key: key("state", "owner") });
    }
    // What is removed is decided by the last recorded value.
    if (olds && olds.holds !== args.holds) changes.push({ key: key("holds") });
    return Promise.resolve(changes);
  },

  async apply(world, _instance, { path, mode }) {
    demandInside(world, path);
    makeFolder(path, world.user, mode);
    await chmod(path, mode);
  },

  exists: (_world, { id }) => existsSync(id),

  /** Data that the blueprint no longer names stays where it is until `purlin destroy`: naming it again finds it. */
  async remove(world, { id }, olds) {
    demandInside(world, id);
    if (olds?.holds === "scratch" || world.removeData) await rm(id, { recursive: true, force: true });
  },
};
