import { readFileSync } from "node:fs";
import { join } from "node:path";
import { coerce, satisfies } from "semver";
import { describe, expect, test } from "vitest";
import { asset } from "./assets.ts";
import { catalog as pinned, type Catalog } from "./catalog.ts";
import { platforms, type Platform } from "./platform.ts";
import type { Source } from "./sources/source.ts";
import { toolNames } from "./tool.ts";

const catalog: Catalog = pinned;

/** Whether a source has files for a platform; PATH does not count, as it promises nothing. */
function promises(source: Source, platform: Platform): boolean {
  switch (source.kind) {
    case "path":
      return false;
    case "npm":
      return source.packages[platform] !== undefined;
    case "release":
      return source.assets[platform] !== undefined;
    case "pypi":
      return source.platforms.includes(platform);
    case "debian":
      return platform.startsWith("linux-");
    case "go":
      return true;
  }
}

describe.each(toolNames)("%s", (tool) => {
  const { sources, version, programs } = catalog[tool];

  test.each(platforms)("can be had on %s", (platform) => {
    expect(sources.some((source) => promises(source, platform))).toBe(true);
  });

  test("asks one of its own programs for the version", () => {
    expect(programs).toContain(version.program);
  });

  test("pins versions that lie in its own range", () => {
    for (const source of sources) {
      if (!("version" in source)) continue;
      expect(satisfies(coerce(source.version) ?? "0.0.0", version.range), source.version).toBe(true);
    }
  });

  test("pins the same versions in its lock files", () => {
    for (const source of sources) {
      if (source.kind === "go") {
        const goMod = readFileSync(join(asset(`go/${source.folder}`), "go.mod"), "utf8");
        expect(goMod).toContain(`${source.module} v${source.moduleVersion ?? source.version}\n`);
      }
      if (source.kind === "pypi") {
        const lock = readFileSync(asset(`pypi/${source.lock}.txt`), "utf8");
        expect(lock).toContain(`${source.distribution}==${source.version} \\\n    --hash=sha256:`);
      }
    }
  });
});
