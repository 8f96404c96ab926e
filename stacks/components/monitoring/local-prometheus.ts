import { join } from "node:path";
import { output } from "@pulumi/pulumi";
import { executable } from "../../../toolchain/tool.ts";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuiltComponents, ScrapeTarget } from "../component.ts";
import type { MonitoringSpec } from "./outputs.ts";
import { prometheusConfig } from "./prometheus.ts";
import { rulesConfig } from "./rules.ts";

/** Prometheus scraping every component built; a change of targets or rules is loaded without a restart. */
export function localPrometheus(
  target: LocalTarget,
  spec: MonitoringSpec,
  built: BuiltComponents,
  exporters: ScrapeTarget[],
  alertmanager: string,
) {
  const address = `127.0.0.1:${target.port("monitoring/prometheus", { port: 9090, exact: false })}`;
  const url = `http://${address}`;
  const scrape: ScrapeTarget = {
    job: "prometheus",
    address,
    labels: { component: "monitoring", instance: "prometheus" },
  };
  const labels = { env: target.stack, cluster: target.project };
  const configDir = target.configDir("monitoring");

  const rulesContent = rulesConfig(labels, built);
  const rules = new File("monitoring-rules", { path: join(configDir, "rules.yml"), content: rulesContent });
  const content = output([
    ...Object.values(built).flatMap((component) => component.scrape),
    ...exporters,
    scrape,
  ]).apply((targets) =>
    prometheusConfig({ ...labels, scrapeInterval: spec.scrapeInterval, alertmanager, rulesFile: rules.path, targets }),
  );
  const config = new File("monitoring-prometheus-config", { path: join(configDir, "prometheus.yml"), content });
  const data = new Directory("monitoring-prometheus-data", {
    path: join(target.dataDir("monitoring"), "prometheus"),
    holds: "data",
  });
  const process = new Process(
    "prometheus",
    {
      component: "monitoring",
      command: [
        executable(target.tool("prometheus"), "prometheus"),
        `--config.file=${config.path}`,
        `--storage.tsdb.path=${data.path}`,
        `--storage.tsdb.retention.time=${spec.retention}`,
        `--web.listen-address=${address}`,
        "--log.format=json",
      ],
      stop: { signal: "TERM", timeoutSeconds: 20 },
      ready: { kind: "http", url: `${url}/-/ready` },
      startTimeoutSeconds: 60,
      reload: { signal: "HUP", on: { "prometheus.yml": fingerprint(content), "rules.yml": fingerprint(rulesContent) } },
    },
    { dependsOn: [rules, config, data] },
  );
  return { process, url, scrape };
}
