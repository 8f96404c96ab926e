import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";

export interface PlatformUser {
  name: string;
  uid: number;
  gid: number;
}

const systemUser = "purlin";

/**
 * Who the daemons run as: the caller, or for root the unprivileged system user `purlin`, made when missing
 * (Postgres refuses to run as root, and nothing else needs it).
 */
export function ensurePlatformUser(): PlatformUser {
  const { username, uid, gid } = userInfo();
  if (uid !== 0) return { name: username, uid, gid };
  const present = findUser(systemUser);
  if (present !== undefined) return present;
  try {
    execFileSync(
      "useradd",
      ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", systemUser],
      {
        stdio: "pipe",
      },
    );
  } catch (error) {
    if (findUser(systemUser) === undefined) throw error; // another `up` may have made it at the same moment
  }
  const made = findUser(systemUser);
  if (made === undefined) throw new Error(`useradd made no user ${systemUser}`);
  return made;
}

/** Like `ensurePlatformUser`, but makes nobody: for root on a machine without that user it is root. */
export function presentUser(): PlatformUser {
  const { username, uid, gid } = userInfo();
  return (uid === 0 ? findUser(systemUser) : undefined) ?? { name: username, uid, gid };
}

/** Looks a user up by name in the local database; undefined when there is none. */
export function findUser(name: string): PlatformUser | undefined {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The user by name, the caller included, who need not be in the local database. @throws Error when there is none. */
export function lookUpUser(name: string): PlatformUser {
  const { username, uid, gid } = userInfo();
  if (username === name) return { name, uid, gid };
  const user = findUser(name);
  if (user === undefined) throw new Error(`there is no user named ${name} on this machine`);
  return user;
}

/** The topmost folder on the way to `path` that the user may not enter. Who is not made yet is one of the others. */
export function closedFolder(path: string, user: PlatformUser | undefined): string | undefined {
  const above = path === dirname(path) ? undefined : closedFolder(dirname(path), user);
  if (above !== undefined) return above;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) return undefined;
  const bit = found.uid === user?.uid ? 0o100 : found.gid === user?.gid ? 0o010 : 0o001;
  return (found.mode & bit) === 0 ? path : undefined;
}
