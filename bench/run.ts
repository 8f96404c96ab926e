import { parseArgs } from "node:util";
import { benchCold } from "./cold.bench.ts";
import { benchGateway } from "./gateway.bench.ts";
import { benchHelp } from "./help.bench.ts";
import { benchIdle } from "./idle.bench.ts";
import { benchNoop } from "./noop.bench.ts";
import { describeMachine, readReports, writeReport, type Figure } from "./report.ts";
import { benchFanOut } from "./services/fan-out.bench.ts";
import { benchForecast } from "./services/forecast.bench.ts";
import { benchJobs } from "./services/jobs.bench.ts";
import { benchRead } from "./services/read.bench.ts";
import { benchSignIn } from "./services/sign-in.bench.ts";
import { updateReadme } from "./table.ts";

/*
 * `npm run bench [-- <name>... --rounds <n>]`: runs the benches, or those named, writes bench/results and the README's figures.
 * `--render` only writes the README's figures again.
 */

/** Those of the reference services, all of which run under the name "services", too. */
const services = {
  read: benchRead,
  "sign-in": benchSignIn,
  "fan-out": benchFanOut,
  jobs: benchJobs,
  forecast: benchForecast,
};

const benches: Readonly<Record<string, (rounds: number) => Promise<Figure[]>>> = {
  help: benchHelp,
  noop: benchNoop,
  cold: benchCold,
  idle: benchIdle,
  gateway: benchGateway,
  ...services,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, render: { type: "boolean", default: false } },
});
const wanted = positionals.flatMap((name) => (name === "services" ? Object.keys(services) : [name]));
if (!values.render) for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) await measure(name);
await updateReadme(readReports());

async function measure(name: string): Promise<void> {
  const bench = benches[name];
  if (bench === undefined) throw new Error(`no bench is called ${name}; there are ${Object.keys(benches).join(", ")}`);
  console.log(`${name} ...`);
  const machine = describeMachine();
  const figures = await bench(Number(values.rounds));
  const measured = new Date().toISOString().slice(0, 10);
  await writeReport(name, { measured, machine, command: `npm run bench -- ${name}`, figures });
  for (const { what, ratio, ours, other, unit, met } of figures) {
    const verdict = met === undefined ? "" : met ? ", good" : ", missed";
    console.log(`  ${what}: ${ours.median} ${unit}, ${other.label} ${other.median} ${unit}: ${ratio}${verdict}`);
  }
}
