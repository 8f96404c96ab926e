import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { closedFolder, findUser } from "../../stacks/targets/local/user.ts";
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
