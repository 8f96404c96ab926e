import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../tests/e2e/support/purlin.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";

const execute = promisify(execFile);
const purlin = join(packageRoot, "bin/purlin.js");
const node = join(packageRoot, "node_modules/node/bin/node");

/** How fast the CLI starts: its help against a Node.js that does nothing. Cheap, so that more rounds can be had. */
export async function benchHelp(rounds: number): Promise<Figure[]> {
  const help = new Series("`purlin --help`");
  const bare = new Series("`node -e 0`");
  await execute(purlin, ["--help"]); // fills the compile cache
  await interleave(rounds * 5, [
    () => help.time(() => execute(purlin, ["--help"])),
    () => bare.time(() => execute(node, ["-e", "0"])),
  ]);
  return [compare({ what: help.label, unit: "ms", target: 3 }, help, bare)];
}
