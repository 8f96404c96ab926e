import autocannon from "autocannon";
import { loadSchema, type Load } from "./load-spec.ts";
import { median, quantile } from "../measure.ts";

/*
 * A process of its own that sends requests, spread evenly over the addresses: a Load as JSON is its argument, a LoadResult
 * on stdout its answer. A request that fails is no measurement: then it ends with an error.
 */

const load = loadSchema.parse(JSON.parse(process.argv[2] ?? ""));
const times: number[] = [];
await Promise.all(load.urls.map((url) => send(url, load)));
process.stdout.write(
  JSON.stringify({ p50: median(times), p99: quantile(times, 0.99), rate: times.length / load.seconds }),
);

function send(url: string, { urls, headers, connections, seconds, rate }: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      url,
      connections: connections / urls.length,
      duration: seconds,
      ...(headers && { headers }),
      ...(rate !== undefined && { overallRate: rate / urls.length }),
    };
    const run = autocannon(options, (error: unknown, { errors, timeouts, non2xx }) => {
      if (error instanceof Error) reject(error);
      else if (errors + timeouts + non2xx > 0)
        reject(new Error(`${url}: ${errors + timeouts} failed, ${non2xx} refused`));
      else resolve();
    });
    run.on("response", (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  });
}
