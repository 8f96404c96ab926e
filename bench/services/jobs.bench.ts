import { startDaemons } from "../../tests/services/daemons.ts";
import { serviceUrl } from "../../tests/services/databases.ts";
import { prepareWorker, startWorkerProcess } from "../../tests/services/worker.ts";
import { interleave, Series } from "../measure.ts";
import { compare, type Figure } from "../report.ts";
import type { BareJobsSettings } from "./jobs-bare.ts";
import type { JobsLoad } from "./jobs-load.ts";
import { runScript, startScript } from "./process.ts";

const jobs = 5_000;

/** Jobs whose effect is a row in Postgres, from events in the outbox, against bull's own, which are lost or done twice when something dies. */
export async function benchJobs(rounds: number): Promise<Figure[]> {
  await using release = new AsyncDisposableStack();
  const daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  await prepareWorker(daemons);
  const postgres = serviceUrl(daemons, "app");
  const redis = `redis://127.0.0.1:${daemons.redis.port}`;
  release.use(await startWorkerProcess(daemons, { concurrency: 3, lockTime: 30_000 }));
  const start = async (effect: boolean) => {
    const settings: BareJobsSettings = { redis, postgres, effect, concurrency: 32 };
    return { redis, effect, url: release.use(await startScript("jobs-bare.ts", settings)).url };
  };
  const contestant = (label: string, load: JobsLoad) => {
    const series = new Series(label);
    const measure = async () => {
      series.add((await runScript("jobs-load.ts", load, ["rate"])).rate);
      await daemons.sqlIn("app", "TRUNCATE public.effects");
    };
    return { series, measure };
  };
  const ours = contestant("worker", { jobs, postgres });
  const same = contestant("bull alone, with the same INSERT", { jobs, postgres, bare: await start(true) });
  const nothing = contestant("bull alone, with nothing to do", { jobs, postgres, bare: await start(false) });
  await interleave(rounds, [ours.measure, same.measure, nothing.measure]);
  const what = "Jobs from events in the outbox, each with an INSERT, once";
  return [
    compare({ what, unit: "jobs/s", target: 0.8, bound: "at least" }, ours.series, same.series),
    compare({ what, unit: "jobs/s", target: 0.8, bound: "at least" }, ours.series, nothing.series),
  ];
}
