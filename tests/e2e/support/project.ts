import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { toolchain } from "../../harness/tools.ts";
import { findLeaks } from "./leaks.ts";
import { packageRoot, purlin, purlinOk, startPurlin, type Result, type Run } from "./purlin.ts";

/** A checkout of its own with a data home of its own; the tool chain is the machine's. */
export interface Project {
  dir: string;
  home: string;
  env: Record<string, string>;
  /** Rewrites purlin.yaml. */
  write: (blueprint: unknown) => void;
  run: (...args: string[]) => Promise<Result>;
  ok: (...args: string[]) => Promise<Result>;
  start: (...args: string[]) => Run;
  /** Parsed stdout of a command that succeeded, run with --json. */
  json: <T>(...args: string[]) => Promise<T>;
  /** Destroys every stack, checks that nothing is left, and removes the folders. */
  dispose: () => Promise<void>;
}

/** What every service of the sample product is made of. */
const built = { command: ["node", "dist/server.js"], migrate: ["node", "dist/migrate.js"] };
const app = { database: "app", access: "read-write", migrates: true };
const plenty = { limit: 1_000_000, window: 1 };

/**
 * The smallest platform that serves the API to somebody: one replica, no MindsDB, no monitoring, and no limit on how
 * fast tests ask.
 */
export const lightBlueprint = {
  name: "light",
  stacks: { dev: { target: "local" } },
  gateway: { rateLimit: { average: 0 } },
  postgres: { replicas: 1, databases: { auth: {}, app: {} } },
  redis: {},
  storage: { buckets: { attachments: { presigned: true } } },
  mail: { from: "no-reply@localhost" },
  services: {
    auth: {
      ...built,
      path: "services/auth",
      route: { path: "/auth", stripPrefix: true },
      needs: {
        postgres: [{ ...app, database: "auth" }, app],
        redis: [{ instance: "cache" }],
        mail: true,
      },
      env: { PASSWORD_THREADS: "1" },
      keys: { AUTH_SECRET: "auth" },
    },
    api: {
      ...built,
      path: "services/api",
      instances: 2,
      route: { path: "/api", stripPrefix: true },
      needs: {
        postgres: [app],
        redis: [{ instance: "cache" }],
        storage: [{ bucket: "attachments" }],
      },
      env: { RATE_LIMITS: JSON.stringify({ public: plenty, read: plenty, write: plenty }) },
      keys: { WEBHOOK_SECRET_KEY: "webhooks" },
    },
  },
};

const { auth, api } = lightBlueprint.services;
const loopback = { WEBHOOK_ALLOW_LOOPBACK: "true" };

/** All four services, two instances each; the tests' own receivers of webhooks may be called. */
export const productBlueprint = {
  ...lightBlueprint,
  services: {
    auth: { ...auth, instances: 2 },
    api: { ...api, env: { ...api.env, ...loopback } },
    realtime: {
      ...built,
      path: "services/realtime",
      instances: 2,
      route: { path: "/realtime", stripPrefix: true, sticky: true },
      needs: { postgres: [{ ...app, pool: 4 }], redis: [{ instance: "cache" }] },
      env: {},
    },
    worker: {
      ...built,
      path: "services/worker",
      instances: 2,
      route: { path: "/jobs", stripPrefix: true },
      needs: { postgres: [{ ...app, pool: 6 }], redis: [{ instance: "queue" }, { instance: "cache" }] },
      env: loopback,
      keys: { WEBHOOK_SECRET_KEY: "webhooks" },
    },
  },
};

export interface ProjectOptions {
  blueprint: unknown;
  /** Data home to share with another project; absent means one of its own. */
  home?: string;
  /** Owner of the folders, and who runs the CLI; absent means whoever runs the tests. */
  user?: { uid: number; gid: number };
}

export function makeProject({ blueprint, home: shared, user }: ProjectOptions): Project {
  const dir = temporary("purlin-project-");
  const home = shared ?? temporary("purlin-home-");
  symlinkSync(join(packageRoot, "services"), join(dir, "services"));
  if (shared === undefined) {
    mkdirSync(toolchain, { recursive: true });
    symlinkSync(toolchain, join(home, "toolchain"));
  }
  const env = { PURLIN_HOME: home };
  if (user) for (const folder of [dir, home]) chownSync(folder, user.uid, user.gid);
  const options = { cwd: dir, env, user };
  const project: Project = {
    dir,
    home,
    env,
    write: (content) =>
      writeFileSync(join(dir, "purlin.yaml"), typeof content === "string" ? content : stringify(content)),
    run: (...args) => purlin(args, options),
    ok: (...args) => purlinOk(args, options),
    start: (...args) => startPurlin(args, options),
    json: async <T>(...args: string[]) => JSON.parse((await purlinOk([...args, "--json"], options)).stdout) as T,
    dispose: async () => {
      const stacks = existsSync(join(home, "stacks")) ? readdirSync(join(home, "stacks")) : [];
      if (stacks.length > 0) await purlin(["destroy", "--confirm=dev"], options);
      const leaks = findLeaks(home);
      for (const leak of leaks) process.kill(leak.pid, "SIGKILL");
      rmSync(dir, { recursive: true, force: true });
      if (shared === undefined) rmSync(home, { recursive: true, force: true });
      if (leaks.length > 0) throw new Error(`left behind: ${leaks.map((leak) => leak.command).join("; ")}`);
    },
  };
  project.write(blueprint);
  return project;
}

/** A folder the platform's unprivileged user may walk through. */
function temporary(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(dir, 0o755);
  return dir;
}
