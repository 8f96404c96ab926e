import { stringify } from "yaml";
import type { ScrapeTarget } from "../component.ts";

/** A scrape target whose address is known. */
type ResolvedScrape = Omit<ScrapeTarget, "address"> & { address: string };

interface PrometheusSettings {
  /** Stack and project: labels `env` and `cluster` of every series. */
  env: string;
  cluster: string;
  scrapeInterval: number;
  /** host:port */
  alertmanager: string;
  rulesFile: string;
  targets: readonly ResolvedScrape[];
}

/**
 * prometheus.yml. Targets of one job may differ in path, scheme and parameters, so those travel as the reserved
 * labels of https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config.
 */
export function prometheusConfig(settings: PrometheusSettings): string {
  const labels = { env: settings.env, cluster: settings.cluster };
  const jobs = [...new Set(settings.targets.map((target) => target.job))];
  return stringify(
    {
      global: {
        scrape_interval: `${settings.scrapeInterval}s`,
        scrape_timeout: `${Math.min(10, settings.scrapeInterval)}s`,
        evaluation_interval: `${settings.scrapeInterval}s`,
      },
      rule_files: [settings.rulesFile],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [settings.alertmanager] }] }] },
      scrape_configs: jobs.map((job) => ({
        job_name: job,
        // Exporters that set `service` or `instance` themselves know better than we do.
        honor_labels: true,
        static_configs: settings.targets
          .filter((target) => target.job === job)
          .map((target) => ({
            targets: [target.address],
            labels: { ...labels, ...target.labels, ...reserved(target) },
          })),
      })),
    },
    { lineWidth: 0 },
  );
}

function reserved(target: ResolvedScrape): Record<string, string> {
  const params = Object.entries(target.params ?? {}).map(
    ([name, values]) => [`__param_${name}`, values.join(",")] as const,
  );
  return {
    ...(target.path === undefined ? {} : { __metrics_path__: target.path }),
    ...(target.scheme === undefined ? {} : { __scheme__: target.scheme }),
    ...Object.fromEntries(params),
  };
}
