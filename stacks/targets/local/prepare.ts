import { chownSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Tools } from "../../../toolchain/tool.ts";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import type { StackHome } from "../../home/home.ts";
import { ensureCertificate } from "./ca.ts";
import { listenersSeenFrom } from "./listeners.ts";
import { measureMachine } from "./machine.ts";
import { openPorts } from "./ports.ts";
import { keysOf, secretsOf } from "./secrets.ts";
import type { LocalTarget } from "./target.ts";
import { closedFolder, ensurePlatformUser, presentUser, type PlatformUser } from "./user.ts";

export interface PrepareOptions {
  /** Make the platform's user when there is none. Without it, who looks at a plan stands in: nothing is started. */
  makesUser: boolean;
}

/**
 * Settles everything the `local` target gives components: user, folders, certificate, ports, secrets. What it makes
 * is kept in the stack's home and found again by the next run.
 *
 * @throws PurlinError REPOSITORY_UNREADABLE; the target's `port` throws PORT_TAKEN.
 */
export async function prepareLocal(
  blueprint: Blueprint,
  home: StackHome,
  tools: Tools,
  { makesUser }: PrepareOptions = { makesUser: true },
): Promise<LocalTarget> {
  const user = makesUser ? ensurePlatformUser() : presentUser();
  const packageRoot = findPackageRoot(import.meta.dirname);
  for (const path of [process.execPath, packageRoot, dirname(blueprint.file)]) demandReadable(path, user);
  for (const dir of [home.dataDir, home.configDir]) giveFolder(dir, user);
  mkdirSync(home.metricsDir, { recursive: true, mode: 0o755 });

  const masterKey = readFileSync(home.masterKeyFile, "utf8").trim();
  return {
    kind: "local",
    project: blueprint.name,
    stack: blueprint.stack,
    root: dirname(blueprint.file),
    packageRoot,
    node: process.execPath,
    dataDir: (component) => join(home.dataDir, component),
    configDir: (component) => join(home.configDir, component),
    metricsDir: home.metricsDir,
    runDir: home.runDir,
    script: (name) => join(packageRoot, "dist/stacks", `${name}.js`),
    port: openPorts(home, listenersSeenFrom(home)),
    secret: secretsOf(masterKey),
    key: keysOf(masterKey),
    certificate: await ensureCertificate(home.caDir, blueprint.components.gateway?.domain, user),
    tool: (name) => {
      const tool = tools[name];
      if (tool === undefined) throw new Error(`${name} was not asked of the tool chain`);
      return tool;
    },
    optionalTool: (name) => tools[name],
    machine: measureMachine(),
    user: user.name,
  };
}

/** Folder of purlin's own package.json: above both the sources and dist/. */
function findPackageRoot(from: string): string {
  let dir = from;
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return dir;
}

function giveFolder(dir: string, { uid, gid }: PlatformUser): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = statSync(dir);
  if (process.getuid?.() === 0 && found.uid !== uid) chownSync(dir, uid, gid);
}

/** Daemons and tasks run as `user`, who must get to Node.js, to purlin's scripts and to the project's services. */
function demandReadable(path: string, user: PlatformUser): void {
  if (process.getuid?.() !== 0) return;
  const blockedAt = closedFolder(dirname(path), user);
  if (blockedAt !== undefined) throw new PurlinError("REPOSITORY_UNREADABLE", { path, user: user.name, blockedAt });
}
