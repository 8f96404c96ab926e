import { stringify } from "yaml";

interface GrafanaSettings {
  port: number;
  dataDir: string;
  provisioningDir: string;
  /** Folder of the generated dashboards. */
  dashboardsDir: string;
}

/**
 * grafana.ini: loopback only, nothing sent anywhere, and the overview as home. The administrator's password comes
 * from the environment. https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
export function grafanaConfig(settings: GrafanaSettings): string {
  return [
    "[server]",
    "http_addr = 127.0.0.1",
    `http_port = ${settings.port}`,
    "[paths]",
    `data = ${settings.dataDir}`,
    `logs = ${settings.dataDir}/log`,
    `plugins = ${settings.dataDir}/plugins`,
    `provisioning = ${settings.provisioningDir}`,
    "[dashboards]",
    `default_home_dashboard_path = ${settings.dashboardsDir}/overview.json`,
    "[analytics]",
    "reporting_enabled = false",
    "check_for_updates = false",
    "check_for_plugin_updates = false",
    "[news]",
    "news_feed_enabled = false",
    "[plugins]",
    "preinstall_disabled = true",
    "[users]",
    "allow_sign_up = false",
    "[security]",
    "disable_gravatar = true",
    "[log]",
    "mode = console",
    "",
  ].join("\n");
}

/** Data source `prometheus`, read-only and default. */
export function grafanaDataSource(prometheusUrl: string): string {
  return stringify({
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        uid: "prometheus",
        type: "prometheus",
        access: "proxy",
        url: prometheusUrl,
        isDefault: true,
        editable: false,
      },
    ],
  });
}

/** Every generated dashboard in one folder, read-only: the code is the source. */
export function grafanaDashboards(dashboardsDir: string): string {
  return stringify({
    apiVersion: 1,
    providers: [{ name: "purlin", folder: "Purlin", type: "file", editable: false, options: { path: dashboardsDir } }],
  });
}
