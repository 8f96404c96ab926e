import { join } from "node:path";
import { secret } from "@pulumi/pulumi";
import { executable } from "../../../toolchain/tool.ts";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import { alertmanagerConfig } from "./alertmanager.ts";
import type { MonitoringSpec } from "./outputs.ts";

/** Alertmanager with the blueprint's routes; a change of routes is loaded without a restart. */
export function localAlertmanager(target: LocalTarget, alerts: MonitoringSpec["alerts"]) {
  const address = `127.0.0.1:${target.port("monitoring/alertmanager", { port: 9093, exact: false })}`;
  const url = `http://${address}`;
  const content = secret(alertmanagerConfig(alerts)); // webhook URLs are credentials
  const config = new File("monitoring-alertmanager-config", {
    path: join(target.configDir("monitoring"), "alertmanager.yml"),
    content,
  });
  const data = new Directory("monitoring-alertmanager-data", {
    path: join(target.dataDir("monitoring"), "alertmanager"),
    holds: "data",
  });
  const process = new Process(
    "alertmanager",
    {
      component: "monitoring",
      command: [
        executable(target.tool("alertmanager"), "alertmanager"),
        `--config.file=${config.path}`,
        `--storage.path=${data.path}`,
        `--web.listen-address=${address}`,
        "--cluster.listen-address=",
        "--log.format=json",
      ],
      stop: { signal: "TERM", timeoutSeconds: 10 },
      ready: { kind: "http", url: `${url}/-/ready` },
      startTimeoutSeconds: 30,
      reload: { signal: "HUP", on: { "alertmanager.yml": fingerprint(content) } },
    },
    { dependsOn: [config, data] },
  );
  const labels = { component: "monitoring", instance: "alertmanager" };
  return { process, url, address, scrape: { job: "alertmanager", address, labels } };
}
