import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../../cli/engine/engine.ts";
import { openEngine, type Program } from "../../cli/engine/open.ts";
import type { Session } from "../../cli/engine/session.ts";
import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import { openHome } from "../../stacks/home/open.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import { prepareLocal } from "../../stacks/targets/local/prepare.ts";
import { Directory } from "../../stacks/targets/local/resources/directory.ts";
import { File } from "../../stacks/targets/local/resources/file.ts";
import { Process } from "../../stacks/targets/local/resources/process.ts";
import { Task } from "../../stacks/targets/local/resources/task.ts";
import { stopAll } from "../../stacks/targets/local/supervisor/stop-all.ts";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";
import type { Tools } from "../../toolchain/tool.ts";
import { machineTools } from "./tools.ts";

/** A small stack as data, so that a process of its own can run the same one. */
export interface SmallStack {
  /** Files of configuration by name, with their content. */
  files?: Record<string, string>;
  /** Tasks by name, with the seconds they take. They run one after the other. */
  tasks?: Record<string, number>;
  /** A task that fails, with what it writes to stderr. */
  failure?: string;
  /** An HTTP server on a port of the target. */
  server?: boolean;
}

export interface Opened {
  session: Session;
  blueprint: Blueprint;
  home: StackHome;
  tools: Tools;
  target: LocalTarget;
  rows: Row[];
  messages: string[];
  up: (options?: { lockWaitSeconds?: number }) => ReturnType<Session["up"]>;
}

/** A checkout with a data home, for one test. Disposing ends everything that runs in it and looks that nothing is left. */
export function makeWorkbench() {
  const dir = mkdtempSync(join(tmpdir(), "purlin-engine-"));
  chmodSync(dir, 0o755); // the platform's user gets through
  writeFileSync(join(dir, "purlin.yaml"), "");
  const homes = new Map<string, StackHome>();
  return {
    dir,
    open: async (small: SmallStack | Program, stack = "dev") => {
      const opened = await openSmallStack({ dir, stack }, small);
      homes.set(stack, opened.home);
      return opened;
    },
    async [Symbol.asyncDispose]() {
      for (const home of homes.values()) await stopAll(home);
      rmSync(dir, { recursive: true });
    },
  };
}

export interface Place {
  dir: string;
  stack: string;
}

/** The engine on a small stack with the real CLI, provider and supervisor. */
export async function openSmallStack({ dir, stack }: Place, small: SmallStack | Program): Promise<Opened> {
  const env = { ...process.env, PURLIN_HOME: join(dir, "home") };
  const file = join(dir, "purlin.yaml");
  const blueprint = { name: "shop", stack, target: "local" as const, file, components: {} };
  const home = openHome({ blueprint, env, create: true });
  const tools = await machineTools("pulumi", "supervisor");
  const target = await prepareLocal(blueprint, home, tools);
  const rows: Row[] = [];
  const messages: string[] = [];
  const program = typeof small === "function" ? small : programOf(small);
  const session = openEngine(
    { blueprint, home, tools, target, env, log: (_level, message) => messages.push(message) },
    program,
  );
  const onRow = (row: Row) => {
    rows.push(row);
  };
  const up = ({ lockWaitSeconds = 0 } = {}) => session.up({ command: "up", lockWaitSeconds, onRow });
  return { session, blueprint, home, tools, target, rows, messages, up };
}

function programOf({ files = {}, tasks = {}, failure, server = false }: SmallStack): Program {
  return (_blueprint, target) => {
    const dataDir = target.dataDir("app");
    const configDir = target.configDir("app");
    const data = new Directory("app-data", { path: dataDir, holds: "data" });
    const config = new Directory("app-config", { path: configDir, holds: "scratch" });
    for (const [name, content] of Object.entries(files)) {
      new File(`app-${name}`, { path: join(configDir, name), content }, { dependsOn: config });
    }
    let before: Directory | Task = data;
    for (const [name, seconds] of Object.entries(tasks)) {
      const done = join(dataDir, name);
      const script = `echo x >> ${done}.begun; sleep ${seconds}; touch ${done}`;
      const args = { component: "app", command: sh(script), creates: done, timeoutSeconds: 60 };
      before = new Task(`app-${name}`, args, { dependsOn: before });
    }
    if (failure !== undefined) {
      const command = sh(`echo '${failure}' >&2; exit 3`);
      new Task("app-broken", { component: "app", command, timeoutSeconds: 10 }, { dependsOn: before });
    }
    if (!server) return { app: { data: dataDir } };
    const port = target.port("app/http");
    const code = `require("node:http").createServer((_, answer) => answer.end("ok")).listen(${port}, "127.0.0.1")`;
    const password = target.secret("app/password");
    new Process(
      "app-server",
      {
        component: "app",
        command: [target.node, "-e", code],
        env: { PASSWORD: password },
        stop: { signal: "TERM", timeoutSeconds: 5 },
        ready: { kind: "http", url: `http://127.0.0.1:${port}/` },
        startTimeoutSeconds: 20,
      },
      { dependsOn: before },
    );
    return { app: { url: `http://127.0.0.1:${port}`, password } };
  };
}

function sh(script: string): [string, ...string[]] {
  return ["/bin/sh", "-c", script];
}
