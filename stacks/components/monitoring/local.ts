import type { LocalTarget } from "../../targets/local/target.ts";
import type { Built, BuildInput } from "../component.ts";
import { localAlertmanager } from "./local-alertmanager.ts";
import { localGrafana } from "./local-grafana.ts";
import { localNodeExporter } from "./local-node-exporter.ts";
import { localPrometheus } from "./local-prometheus.ts";

/** Prometheus, Alertmanager and node_exporter, and Grafana where it can be had; all on loopback. */
export function local(target: LocalTarget, { spec, built }: BuildInput<"monitoring">): Built<"monitoring"> {
  const alertmanager = localAlertmanager(target, spec.alerts);
  const node = localNodeExporter(target);
  const prometheus = localPrometheus(target, spec, built, [alertmanager.scrape, node.scrape], alertmanager.address);
  const grafana = spec.grafana === "auto" ? localGrafana(target, prometheus.url) : undefined;

  return {
    outputs: {
      prometheus: { url: prometheus.url },
      alertmanager: { url: alertmanager.url },
      ...(grafana ? { grafana: grafana.outputs } : {}),
    },
    ready: [prometheus.process, alertmanager.process, node.process, ...(grafana ? [grafana.process] : [])],
    scrape: [prometheus.scrape, alertmanager.scrape, node.scrape],
    routes: [],
  };
}
