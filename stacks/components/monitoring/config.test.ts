import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { alertmanagerConfig } from "./alertmanager.ts";
import { prometheusConfig } from "./prometheus.ts";
import { rulesConfig } from "./rules.ts";

const base = {
  env: "dev",
  cluster: "acme",
  scrapeInterval: 15,
  alertmanager: "127.0.0.1:9093",
  rulesFile: "/rules.yml",
};

describe("prometheus.yml", () => {
  test("puts the targets of one job together and labels every series with platform and instance", () => {
    const targets = ["api-1", "api-2"].map((instance, index) => ({
      job: "services",
      address: `127.0.0.1:${9000 + index}`,
      labels: { component: "services", instance },
    }));
    const config: unknown = parse(prometheusConfig({ ...base, targets }));
    expect(config).toMatchObject({
      scrape_configs: [
        {
          job_name: "services",
          honor_labels: true,
          static_configs: [
            { targets: ["127.0.0.1:9000"], labels: { env: "dev", cluster: "acme", instance: "api-1" } },
            { targets: ["127.0.0.1:9001"], labels: { env: "dev", cluster: "acme", instance: "api-2" } },
          ],
        },
      ],
    });
  });

  test("carries path, scheme and parameters of a target as reserved labels", () => {
    const target = {
      job: "postgres",
      address: "127.0.0.1:9187",
      path: "/probe",
      scheme: "https" as const,
      params: { target: ["127.0.0.1:5432"] },
      labels: { component: "postgres", instance: "postgres-primary" },
    };
    const config: unknown = parse(prometheusConfig({ ...base, targets: [target] }));
    expect(config).toMatchObject({
      scrape_configs: [
        {
          static_configs: [
            { labels: { __metrics_path__: "/probe", __scheme__: "https", __param_target: "127.0.0.1:5432" } },
          ],
        },
      ],
    });
  });

  test("never lets a scrape outlast its interval", () => {
    const config: unknown = parse(prometheusConfig({ ...base, scrapeInterval: 2, targets: [] }));
    expect(config).toMatchObject({ global: { scrape_interval: "2s", scrape_timeout: "2s" } });
  });
});

describe("rules.yml", () => {
  test("promises what the blueprint says and leaves out components it does not have", () => {
    const built = {
      postgres: {
        outputs: {
          primary: { host: "127.0.0.1", port: 5432 },
          replicas: [{ host: "127.0.0.1", port: 5433 }],
          ca: "/ca.pem",
          databases: {},
        },
        ready: [],
        scrape: [],
        routes: [],
      },
    };
    const { groups } = parse(rulesConfig({ env: "dev", cluster: "acme" }, built)) as {
      groups: { name: string; rules: unknown[] }[];
    };
    expect(groups.map((group) => group.name)).toEqual(["expectations", "postgres", "monitoring", "host"]);
    expect(groups[0]?.rules).toEqual([
      { record: "purlin_expected_replicas", expr: "vector(1)", labels: { env: "dev", cluster: "acme" } },
      { record: "purlin_gateway_routes_expected", expr: "vector(0)", labels: { env: "dev", cluster: "acme" } },
    ]);
  });
});

describe("alertmanager.yml", () => {
  test("routes by severity and component in the blueprint's order, information to nobody", () => {
    const config: unknown = parse(
      alertmanagerConfig({
        receivers: { oncall: { webhook: "https://example.com/hook" } },
        routes: [
          { severity: "page", receiver: "oncall" },
          { component: "postgres", receiver: "oncall" },
        ],
      }),
    );
    expect(config).toMatchObject({
      route: {
        receiver: "purlin-nobody",
        routes: [
          { receiver: "purlin-nobody", matchers: ['severity="info"'] },
          { receiver: "oncall", matchers: ['severity="page"'] },
          { receiver: "oncall", matchers: ['component="postgres"'] },
        ],
      },
      receivers: [
        { name: "purlin-nobody" },
        { name: "oncall", webhook_configs: [{ url: "https://example.com/hook" }] },
      ],
    });
  });

  test("a page silences the ticket of the same name", () => {
    expect(parse(alertmanagerConfig({ receivers: {}, routes: [] }))).toMatchObject({
      inhibit_rules: [{ source_matchers: ['severity="page"'], target_matchers: ['severity="ticket"'] }, {}],
    });
  });
});
