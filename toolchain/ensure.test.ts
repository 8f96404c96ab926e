import { chmod, mkdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/harness/temporary-folder.ts";
import { PurlinError } from "../errors/purlin-error.ts";
import { ensureTools, type EnsureOptions } from "./ensure.ts";
import type { Progress } from "./progress.ts";
import { diskError, fakeCatalog, fakeSources, matching, type Behaviour } from "./testing/fakes.ts";

function world(behaviours: Record<string, Behaviour>) {
  const home = join(temporaryFolder(), "data", "toolchain");
  const sources = fakeSources(behaviours);
  const catalog = fakeCatalog(...Object.keys(behaviours));
  const ensure = (options: Partial<EnsureOptions> = {}) =>
    ensureTools({ home, tools: ["seaweedfs"], env: process.env, catalog, sources, ...options });
  return { home, sources, ensure };
}

test("the first source that serves is used, and no later one is asked", async () => {
  const { sources, ensure } = world({ first: { serves: "1.2.3" }, second: { serves: "2.0.0" } });
  const { seaweedfs } = await ensure();
  expect(seaweedfs).toMatchObject({ name: "seaweedfs", version: "1.2.3", source: "PyPI first" });
  expect(sources.installs).toEqual(["first"]);
});

test("sources that lack something or fail are passed over", async () => {
  const { sources, ensure } = world({
    first: { lacks: "python is missing" },
    second: { fails: "cannot be reached" },
    third: { serves: "1.0.0" },
  });
  expect((await ensure()).seaweedfs?.source).toBe("PyPI third");
  expect(sources.installs).toEqual(["second", "third"]);
});

test("a second run installs nothing and reports nothing", async () => {
  const { sources, ensure } = world({ first: { serves: "1.0.0" } });
  const before = await ensure();
  const progress: Progress[] = [];
  const after = await ensure({ offline: true, onProgress: (step) => progress.push(step) });
  expect(after).toEqual(before);
  expect(sources.installs).toEqual(["first"]);
  expect(progress).toEqual([]);
});

test("progress tells source and phase in order", async () => {
  const { ensure } = world({ first: { fails: "down" }, second: { serves: "1.0.0" } });
  const steps: string[] = [];
  await ensure({ onProgress: ({ source, phase }) => steps.push(`${source} ${phase}`) });
  expect(steps).toEqual(["PyPI first check", "PyPI second check", "PyPI second verify", "PyPI second done"]);
});

test("a tool that no source serves fails with every source and its reason", async () => {
  const { ensure } = world({ first: { lacks: "python is missing" }, second: { fails: "cannot be reached" } });
  const error = await ensure().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PurlinError);
  expect(error).toMatchObject({
    code: "TOOL_UNAVAILABLE",
    text: {
      what: "no source serves seaweedfs",
      why: "seaweedfs: PyPI first: python is missing\nseaweedfs: PyPI second: cannot be reached",
      fix: "mend one of these, then run `purlin doctor --refresh`",
    },
  });
});

test("one tool's failure leaves the others installed", async () => {
  const { home, ensure } = world({ first: { serves: "1.0.0" } });
  const none = fakeCatalog("first");
  const catalog = { ...none, traefik: { ...none.seaweedfs, sources: [] } };
  await expect(ensure({ tools: ["traefik", "seaweedfs"], catalog })).rejects.toMatchObject({
    code: "TOOL_UNAVAILABLE",
  });
  await expect(stat(join(home, "seaweedfs", "first-pypi", "manifest.json"))).resolves.toBeDefined();
});

test("an optional tool without a source is absent, with one line of why", async () => {
  const { ensure } = world({ first: { fails: "cannot be reached" } });
  const details: string[] = [];
  const onProgress = ({ phase, detail }: Progress) => {
    if (phase === "absent") details.push(detail);
  };
  expect(await ensure({ tools: ["grafana"], onProgress })).toEqual({});
  expect(details).toEqual(["PyPI first: cannot be reached"]);
});

test("a source that failed is left alone for a while, unless asked to refresh", async () => {
  const { sources, ensure } = world({ first: { fails: "cannot be reached" } });
  const tools = { tools: ["grafana"] } as const;
  await ensure(tools);
  await ensure(tools);
  expect(sources.installs).toEqual(["first"]);
  await ensure({ ...tools, refresh: true });
  expect(sources.installs).toEqual(["first", "first"]);
});

test("a needed tool is tried again from a source that failed, but after all others", async () => {
  const { sources, ensure } = world({ first: { fails: "down" }, second: { fails: "down as well" } });
  await expect(ensure()).rejects.toThrow();
  await expect(ensure()).rejects.toThrow();
  expect(sources.installs).toEqual(["first", "second", "first", "second"]);
});

test("what the machine lacks is not remembered: installing it helps at once", async () => {
  const behaviours: Record<string, Behaviour> = { first: { lacks: "go is not on PATH" }, second: { serves: "1.0.0" } };
  const { home, ensure } = world(behaviours);
  await ensure();
  await rm(join(home, "seaweedfs", "second-pypi"), { recursive: true });
  const sources = fakeSources({ ...behaviours, first: { serves: "2.0.0" } });
  expect((await ensure({ sources })).seaweedfs?.version).toBe("2.0.0");
});

test.each([
  ["missing", (path: string) => rm(path)],
  ["cut short", (path: string) => truncate(path, 3)],
  ["changed in place", (path: string) => writeFile(path, "#!/bin/sh\necho 9.9.9\n")],
])("an executable that is %s is installed again", async (_name, damage) => {
  const { sources, ensure } = world({ first: { serves: "1.0.0" } });
  const path = (await ensure()).seaweedfs?.bin["weed"] ?? "";
  await damage(path);
  const mended = await ensure();
  expect(sources.installs).toEqual(["first", "first"]);
  expect(mended.seaweedfs?.version).toBe("1.0.0");
  expect(await readFile(path, "utf8")).toContain("echo 1.0.0");
});

test("an executable that was only touched is still the same", async () => {
  const { sources, ensure } = world({ first: { serves: "1.0.0" } });
  const path = (await ensure()).seaweedfs?.bin["weed"] ?? "";
  await writeFile(path, await readFile(path));
  await ensure();
  expect(sources.installs).toEqual(["first"]);
});

test("a version outside the supported range is refused", async () => {
  const { ensure } = world({ first: { serves: "0.9.0" } });
  await expect(ensure()).rejects.toMatchObject({
    text: { why: matching(/weed is 0\.9\.0, supported is >=1\.0\.0$/) },
  });
});

test("other users can read and run what a private umask installed", async () => {
  const { home, ensure } = world({ first: { serves: "1.0.0" } });
  const umask = process.umask(0o077);
  const path = await ensure()
    .then(({ seaweedfs }) => seaweedfs?.bin["weed"] ?? "")
    .finally(() => process.umask(umask));
  for (const folder of [join(home, ".."), home, join(home, "seaweedfs"), join(path, ".."), path]) {
    expect((await stat(folder)).mode & 0o777, folder).toBe(0o755);
  }
});

test("a home that cannot be made is told by its path", async () => {
  const { ensure } = world({ first: { serves: "1.0.0" } });
  const file = join(temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(ensure({ home: join(file, "toolchain") })).rejects.toMatchObject({
    code: "HOME_UNWRITABLE",
    details: { path: join(file, "toolchain") },
  });
});

test.skipIf(process.getuid?.() === 0)("a home that is closed to the caller is told by its path", async () => {
  const { ensure } = world({ first: { serves: "1.0.0" } });
  const closed = join(temporaryFolder(), "closed");
  await mkdir(closed);
  await chmod(closed, 0o500);
  await expect(ensure({ home: closed })).rejects.toMatchObject({ code: "HOME_UNWRITABLE" });
});

test.each([
  ["the file system says", { throws: diskError("ENOSPC") }],
  ["a tool of the source says", { fails: "pip: [Errno 28] No space left on device" }],
] as const)("a full disk, as %s, ends the run and no other source is tried", async (_name, behaviour) => {
  const { home, sources, ensure } = world({ first: behaviour, second: { serves: "1.0.0" } });
  await expect(ensure()).rejects.toMatchObject({ code: "TOOLCHAIN_FULL", details: { path: home } });
  expect(sources.installs).toEqual(["first"]);
});
