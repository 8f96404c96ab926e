import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { dataHome } from "../../stacks/home/home.ts";
import { mebibytes } from "./sizes.ts";
import type { Check } from "./check.ts";

const leastBytes = 512 * 1024 * 1024;
/** All tools together need about 2 GB, and the data needs room to grow. */
const comfortableBytes = 4 * 1024 * 1024 * 1024;

/** The data home can be written and has room. It, or the nearest folder above it that exists, is looked at. */
export const home: Check = {
  id: "home",
  title: "data home",
  beforeUp: true,
  run({ env }) {
    const path = dataHome(env);
    const existing = nearestExisting(path);
    try {
      accessSync(existing, constants.W_OK | constants.X_OK);
    } catch {
      const remedy = `make ${existing} writable for you, or set PURLIN_HOME to a folder that is`;
      return { level: "fail", detail: `${path} cannot be written`, remedy };
    }
    const { bavail, bsize } = statfsSync(existing);
    const free = bavail * bsize;
    const detail = `${path}, ${mebibytes(free)} free`;
    const remedy = "free some space, or set PURLIN_HOME to a folder on a larger disk";
    if (free < leastBytes) return { level: "fail", detail: `${detail}; ${mebibytes(leastBytes)} needed`, remedy };
    if (free < comfortableBytes) return { level: "warn", detail: `${detail}, which is little`, remedy };
    return { level: "ok", detail };
  },
};

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}
