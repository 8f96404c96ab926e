import { mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { makeWorkbench, openSmallStack, programOf, type SmallStack } from "../tests/harness/engine.ts";
import { providerEnvironment } from "../stacks/targets/local/provider/environment.ts";
import { writeAtomically } from "../stacks/home/files.ts";

/*
 * purlin's engine against the stock Automation API on the same graph, provider and machine: a run with nothing to do,
 * and a preview. Rounds are interleaved, so that whatever else the machine does weighs on both; ratios of medians are
 * what counts. Run with `node --conditions=source bench/engine.bench.ts [rounds]`.
 */

const rounds = Number(process.argv[2] ?? 5);
const files = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`file-${n}`, `content ${n}`]));
const graph: SmallStack = { files };

await using bench = makeWorkbench();
const place = { dir: bench.dir, env: { ...process.env, PURLIN_HOME: join(bench.dir, "home") }, stack: "dev" };
const first = await bench.open(graph);
await first.up();
await stockRun("up");

const samples = {
  up: { ours: [] as number[], stock: [] as number[] },
  plan: { ours: [] as number[], stock: [] as number[] },
};
for (let round = 0; round < rounds; round++) {
  samples.up.ours.push(await timed(() => ourRun("up")));
  samples.up.stock.push(await timed(() => stockRun("up")));
  samples.plan.ours.push(await timed(() => ourRun("plan")));
  samples.plan.stock.push(await timed(() => stockRun("plan")));
}

const results = {
  resources: Object.keys(files).length + 2,
  rounds,
  processors: cpus().length,
  noopUp: compare(samples.up, 0.6),
  plan: compare(samples.plan, 1.0),
};
const output = join(import.meta.dirname, "results/engine.json");
mkdirSync(dirname(output), { recursive: true });
writeAtomically(output, `${JSON.stringify(results, null, 2)}\n`, 0o644);
console.log(JSON.stringify(results, null, 2));

/** As the CLI does it: opened anew each time, locks and records included. */
async function ourRun(operation: "up" | "plan"): Promise<void> {
  const { session, up } = await openSmallStack(place, graph);
  if (operation === "plan") await session.plan();
  else await up();
}

/** The Automation API as its own documentation shows it. */
async function stockRun(operation: "up" | "plan"): Promise<void> {
  const { tools, target, home, blueprint } = first;
  const work = join(bench.dir, "stock");
  mkdirSync(work, { recursive: true });
  const root = dirname(dirname(tools.pulumi?.bin.pulumi ?? ""));
  const stack = await LocalWorkspace.createOrSelectStack(
    {
      projectName: blueprint.name,
      stackName: "stock",
      program: () => Promise.resolve({ ...programOf(graph)(blueprint, target) }),
    },
    {
      workDir: work,
      pulumiCommand: await PulumiCommand.get({ root }),
      envVars: {
        PULUMI_BACKEND_URL: pathToFileURL(work).href,
        PULUMI_HOME: join(work, "home"),
        PULUMI_CONFIG_PASSPHRASE_FILE: home.passphraseFile,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...providerEnvironment({
          home,
          user: target.user,
          supervisord: tools.supervisor?.bin.supervisord ?? "",
          node: target.node,
          removeData: false,
        }),
      },
      projectSettings: settings(blueprint.name, join(target.packageRoot, "stacks/targets/local/provider/plugin")),
    },
  );
  if (operation === "plan") await stack.preview();
  else await stack.up();
}

function settings(name: string, path: string) {
  return { name, runtime: "nodejs" as const, plugins: { providers: [{ name: "purlin", path }] } };
}

async function timed(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

function compare({ ours, stock }: { ours: number[]; stock: number[] }, target: number) {
  const [our, their] = [median(ours), median(stock)];
  return { oursMs: Math.round(our), stockMs: Math.round(their), ratio: Number((our / their).toFixed(2)), target };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
