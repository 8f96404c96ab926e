import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Absolute path of a committed file of this folder (`go/pulumi`, `pypi/redis.txt`), from the sources and from dist/ alike. */
export function asset(name: string): string {
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const candidate = join(folder, "toolchain", name);
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(`toolchain/${name} is missing from this installation`);
}
