import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { catalog as pinned, type Catalog } from "../catalog.ts";
import { SourceUnavailable, type Source } from "../sources/source.ts";
import type { Sources } from "../sources/sources.ts";

/** A Source that only has a name: what it does is up to the fake behind it. */
function fakeSource(name: string): Source {
  return { kind: "pypi", distribution: name, version: "1", lock: "", python: "", programs: {}, platforms: [] };
}

/** The pinned catalogue with `weed` and `grafana` served by fake sources instead. */
export function fakeCatalog(...names: string[]): Catalog {
  const sources = names.map((name) => ({ ...fakeSource(name), version: name }));
  const version = { args: ["--version"], pattern: /(\d+\.\d+\.\d+)/, range: ">=1.0.0" };
  return {
    ...pinned,
    seaweedfs: { purpose: "", programs: ["weed"], version: { ...version, program: "weed" }, sources },
    grafana: {
      purpose: "",
      programs: ["grafana"],
      version: { ...version, program: "grafana" },
      sources,
      optional: true,
    },
  };
}

interface FakeSources extends Sources {
  /** Names of the sources that were asked to install, in order. */
  installs: string[];
}

/** What a fake source does: serve this version, or fail for this reason. */
export type Behaviour = { serves: string } | { fails: string } | { lacks: string } | { throws: Error };

/** Sources by name that install a shell script printing its version, or fail as told. */
export function fakeSources(behaviours: Record<string, Behaviour>): FakeSources {
  const installs: string[] = [];
  const of = (source: Source): Behaviour => {
    const behaviour = source.kind === "pypi" ? behaviours[source.distribution] : undefined;
    return behaviour ?? { lacks: "no behaviour" };
  };
  return {
    installs,
    check: (source) => {
      const behaviour = of(source);
      return Promise.resolve("lacks" in behaviour ? behaviour.lacks : undefined);
    },
    probe: (source) => {
      const behaviour = of(source);
      return Promise.resolve("fails" in behaviour ? behaviour.fails : undefined);
    },
    install: async (source, entry, { dir }) => {
      if (source.kind === "pypi") installs.push(source.distribution);
      const behaviour = of(source);
      if ("throws" in behaviour) throw behaviour.throws;
      if (!("serves" in behaviour)) throw new SourceUnavailable("fails" in behaviour ? behaviour.fails : "");
      await mkdir(join(dir, "bin"));
      for (const program of entry.programs) await writeProgram(join(dir, "bin", program), behaviour.serves);
      return { bin: Object.fromEntries(entry.programs.map((program) => [program, `bin/${program}`])) };
    },
  };
}

/** An executable that prints its version. */
export async function writeProgram(path: string, version: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\necho ${version}\n`);
  await chmod(path, 0o755);
}

/** An error as Node's file functions throw it. */
export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

/** Matches a text in an expected object; Vitest's own matcher has type any. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
