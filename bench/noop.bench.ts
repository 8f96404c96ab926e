import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../tests/e2e/support/purlin.ts";
import type { Project } from "../tests/e2e/support/project.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { fullBlueprint, withProject } from "./support/platform.ts";

const node = join(packageRoot, "node_modules/node/bin/node");
const stockScript = join(packageRoot, "dist/bench/support/stock.js");

/** `up` and `plan` with nothing to do, against the stock Automation API on the same graph of the same running platform. */
export async function benchNoop(rounds: number): Promise<Figure[]> {
  const up = { ours: new Series("`purlin up`, nothing to do"), stock: new Series("stock `up`") };
  const plan = { ours: new Series("`purlin plan`"), stock: new Series("stock `preview`") };
  return withProject(await fullBlueprint(), async (project) => {
    await project.ok("up");
    await runStock(project, "up"); // adopts what is there into a state of its own
    await interleave(rounds, [
      () => up.ours.time(() => project.ok("up")),
      () => up.stock.time(() => runStock(project, "up")),
      () => plan.ours.time(() => project.ok("plan")),
      () => plan.stock.time(() => runStock(project, "preview")),
    ]);
    return [
      compare({ what: up.ours.label, unit: "ms", target: 0.6 }, up.ours, up.stock),
      compare({ what: plan.ours.label, unit: "ms", target: 1 }, plan.ours, plan.stock),
    ];
  });
}

async function runStock({ dir, env }: Project, operation: "up" | "preview"): Promise<void> {
  await promisify(execFile)(node, [stockScript, operation, join(dir, "purlin.yaml")], {
    cwd: dir,
    env: { ...process.env, ...env },
  });
}
