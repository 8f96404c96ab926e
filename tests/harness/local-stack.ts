import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { stackHome, type StackHome } from "../../stacks/home/home.ts";
import type { World } from "../../stacks/targets/local/provider/world.ts";
import type { ProcessSpec } from "../../stacks/targets/local/supervisor/process-spec.ts";
import { supervisorSocket } from "../../stacks/targets/local/supervisor/places.ts";
import { stopAll } from "../../stacks/targets/local/supervisor/stop-all.ts";
import { ensurePlatformUser } from "../../stacks/targets/local/user.ts";
import { freePort } from "./free-port.ts";
import { machineTools } from "./tools.ts";

/** A throwaway stack's home with the real supervisor, as the provider's kinds see it. */
export interface LocalStack {
  world: World & { home: StackHome };
  /** A spec of tests/harness/daemon.ts on a port of its own. */
  daemon: (changes?: Partial<ProcessSpec>) => Promise<ProcessSpec>;
  /** Stops everything, removes every file, and throws when anything is left. */
  release: () => Promise<void>;
}

export async function localStack(): Promise<LocalStack> {
  const dir = mkdtempSync(join(tmpdir(), "purlin-stack-"));
  chmodSync(dir, 0o711);
  const world = {
    home: stackHome(dir),
    user: ensurePlatformUser(),
    supervisord: await supervisord(),
    env: process.env,
    removeData: false,
    signal: new AbortController().signal,
  };
  return {
    world,
    daemon: async (changes = {}) => daemonSpec(await freePort(), changes),
    release: async () => {
      await stopAll(world.home);
      const left = processesIn(dir);
      const socket = existsSync(supervisorSocket(world.home));
      rmSync(dir, { recursive: true });
      if (left.length > 0 || socket) throw new Error(`left behind: ${left.join(", ")}${socket ? " and a socket" : ""}`);
    },
  };
}

async function supervisord(): Promise<string> {
  const { supervisor } = await machineTools("supervisor");
  return z.string().parse(supervisor?.bin.supervisord);
}

function daemonSpec(port: number, changes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    component: "demo",
    command: [process.execPath, join(import.meta.dirname, "daemon.ts")],
    stop: { signal: "TERM", timeoutSeconds: 5 },
    ready: { kind: "http", url: `http://127.0.0.1:${port}/` },
    startTimeoutSeconds: 20,
    restartOn: {},
    leaves: [],
    level: 0,
    ...changes,
    env: { PORT: String(port), ...changes.env },
  };
}

const answerSchema = z.object({
  pid: z.number(),
  child: z.number().optional(),
  reloads: z.number(),
  env: z.record(z.string(), z.string()),
  args: z.array(z.string()),
  cwd: z.string(),
});

/** What the daemon of a spec says of itself. */
export async function ask(spec: ProcessSpec): Promise<z.infer<typeof answerSchema>> {
  const response = await fetch(`http://127.0.0.1:${spec.env.PORT ?? ""}/`);
  return answerSchema.parse(await response.json());
}

/** Everything that works in a folder of the stack or was started from one, whoever it belongs to. */
export function processesIn(dir: string): string[] {
  if (process.platform !== "linux")
    return execFileSync("ps", ["-Ao", "args="], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(dir));
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return args.includes(dir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dir) ? [`${pid} ${args}`] : [];
      } catch {
        return []; // ended meanwhile
      }
    });
}
