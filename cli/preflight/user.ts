import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { findUser, type PlatformUser } from "../../stacks/targets/local/user.ts";
import { packageRoot } from "../version.ts";
import type { Check } from "./check.ts";

const systemUser = "purlin";

/**
 * For root the daemons run as an unprivileged user, who must get to the blueprint's folder, the services, purlin's own
 * scripts and the Node.js binary: every folder above them must let others through.
 */
export const user: Check = {
  id: "user",
  title: "platform user",
  beforeUp: true,
  run({ blueprint }) {
    const { uid, username } = userInfo();
    if (uid !== 0) return { level: "ok", detail: username };
    const platformUser = findUser(systemUser);
    const services = Object.values(blueprint.components.services ?? {});
    const root = dirname(blueprint.file);
    const needed = [process.execPath, packageRoot, root, ...services.map(({ path }) => resolve(root, path))];
    for (const path of needed) {
      const closed = closedFolder(path, platformUser);
      if (closed === undefined) continue;
      const detail = `${systemUser}, which runs the daemons, cannot get to ${path}: ${closed} is closed to other users`;
      return {
        level: "fail",
        detail,
        remedy: `chmod o+x ${closed}, or move what is in it to a folder others can enter`,
      };
    }
    return { level: "ok", detail: `${systemUser}${platformUser === undefined ? ", made by the first `up`" : ""}` };
  },
};

/** The topmost folder on the way to `path` that the user may not enter. Who is not made yet is one of the others. */
function closedFolder(path: string, user: PlatformUser | undefined): string | undefined {
  const above = path === dirname(path) ? undefined : closedFolder(dirname(path), user);
  if (above !== undefined) return above;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) return undefined;
  const bit = found.uid === user?.uid ? 0o100 : found.gid === user?.gid ? 0o010 : 0o001;
  return (found.mode & bit) === 0 ? path : undefined;
}
