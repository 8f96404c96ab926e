import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/harness/temporary-folder.ts";
import { ensureTools } from "./ensure.ts";
import { pruneTools } from "./prune.ts";
import { fakeCatalog, fakeSources } from "./testing/fakes.ts";

test("only the folders that serve now are kept", async () => {
  const home = join(temporaryFolder(), "toolchain");
  const sources = fakeSources({ old: { serves: "1.0.0" }, now: { serves: "2.0.0" } });
  const run = { home, tools: ["seaweedfs"], env: process.env, sources } as const;
  await ensureTools({ ...run, catalog: fakeCatalog("old") });
  await ensureTools({ ...run, catalog: fakeCatalog("now") });

  expect(await pruneTools(home, fakeCatalog("now"))).toEqual([join(home, "seaweedfs", "old-pypi")]);
  expect(await readdir(join(home, "seaweedfs"))).toEqual(["now-pypi"]);
  expect(await pruneTools(home, fakeCatalog("now"))).toEqual([]);
});

test("a tool without a working version keeps what it has", async () => {
  const home = join(temporaryFolder(), "toolchain");
  await mkdir(join(home, "seaweedfs", "older-pypi"), { recursive: true });
  expect(await pruneTools(home, fakeCatalog("now"))).toEqual([]);
});
