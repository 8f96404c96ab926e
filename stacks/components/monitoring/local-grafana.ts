import { join } from "node:path";
import { executable } from "../../../toolchain/tool.ts";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import { grafanaConfig, grafanaDashboards, grafanaDataSource } from "./grafana.ts";
import type { MonitoringOutputs } from "./outputs.ts";

/** Grafana with its data source and dashboards provisioned; undefined where no source can serve it. */
export function localGrafana(
  target: LocalTarget,
  prometheusUrl: string,
): { process: Process; outputs: NonNullable<MonitoringOutputs["grafana"]> } | undefined {
  const tool = target.optionalTool("grafana");
  if (tool === undefined) return undefined;
  const port = target.port("monitoring/grafana", { port: 3000, exact: false });
  const provisioningDir = join(target.configDir("monitoring"), "grafana");
  const dashboardsDir = join(target.packageRoot, "dashboards/generated");
  const data = new Directory("monitoring-grafana-data", {
    path: join(target.dataDir("monitoring"), "grafana"),
    holds: "data",
  });
  const texts = {
    "grafana.ini": grafanaConfig({ port, dataDir: data.path, provisioningDir, dashboardsDir }),
    "datasources/prometheus.yml": grafanaDataSource(prometheusUrl),
    "dashboards/purlin.yml": grafanaDashboards(dashboardsDir),
  };
  const files = Object.entries(texts).map(
    ([name, content]) =>
      new File(`monitoring-grafana-${name.replaceAll(/[/.]/g, "-")}`, { path: join(provisioningDir, name), content }),
  );
  const password = target.secret("monitoring/grafana/admin");
  const process = new Process(
    "grafana",
    {
      component: "monitoring",
      command: [
        executable(tool, "grafana"),
        "server",
        `--homepath=${tool.root}`,
        `--config=${join(provisioningDir, "grafana.ini")}`,
      ],
      env: { GF_SECURITY_ADMIN_PASSWORD: password },
      stop: { signal: "TERM", timeoutSeconds: 15 },
      ready: { kind: "http", url: `http://127.0.0.1:${port}/api/health` },
      startTimeoutSeconds: 120,
      restartOn: Object.fromEntries(Object.entries(texts).map(([name, content]) => [name, fingerprint(content)])),
    },
    { dependsOn: [data, ...files] },
  );
  return {
    process,
    outputs: { url: `http://127.0.0.1:${port}`, login: { user: "admin", password } },
  };
}
