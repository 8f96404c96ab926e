import { executable } from "../../../toolchain/tool.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";

/** The machine's own figures, and those the CLI leaves of its runs. */
export function localNodeExporter(target: LocalTarget) {
  const address = `127.0.0.1:${target.port("monitoring/node-exporter")}`;
  const process = new Process("node-exporter", {
    component: "monitoring",
    command: [
      executable(target.tool("node_exporter"), "node_exporter"),
      `--web.listen-address=${address}`,
      `--collector.textfile.directory=${target.metricsDir}`,
      "--log.format=json",
    ],
    stop: { signal: "TERM", timeoutSeconds: 5 },
    ready: { kind: "http", url: `http://${address}/` },
    startTimeoutSeconds: 30,
  });
  return { process, scrape: { job: "node", address, labels: { component: "host", instance: "host" } } };
}
