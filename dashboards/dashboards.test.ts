import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { generatedFiles } from "./generate.ts";
import { alertGroups, dashboards } from "./index.ts";
import { dashboard } from "./lib/dashboard.ts";
import { panelExpression, ruleExpression } from "./lib/signal.ts";

const root = join(import.meta.dirname, "..");
const signals = dashboards.flatMap((spec) =>
  spec.rows.flatMap((row) => row.signals.map((signal) => ({ spec, signal }))),
);

test.each([...generatedFiles()])("%s is what the code generates (npm run generate)", (path, content) => {
  expect(readFileSync(join(root, path), "utf8")).toBe(content);
});

describe("every panel", () => {
  test.each(signals.map(({ spec, signal }) => [`${spec.noun}: ${signal.title}`, signal] as const))(
    "%s says what it is and what to do",
    (_, signal) => {
      expect(signal.title).toMatch(/^[A-Z].*[^.]$/);
      expect(signal.description).toMatch(/\.$/);
      expect(signal.description.length).toBeGreaterThan(15);
      expect(signal.queries.length).toBeGreaterThan(0);
      for (const query of signal.queries) expect(query.legend).not.toBe("");
    },
  );

  test("has a title of its own on its dashboard", () => {
    for (const spec of dashboards) {
      const titles = spec.rows.flatMap((row) => row.signals.map((signal) => signal.title));
      expect(new Set(titles).size, spec.noun).toBe(titles.length);
    }
  });

  test("stands on its own place of the grid", () => {
    for (const spec of dashboards) {
      const cells = new Set<string>();
      for (const panel of dashboard(spec).panels ?? []) {
        const { x, y, w, h } = panel.gridPos!;
        expect(x + w).toBeLessThanOrEqual(24);
        for (let column = x; column < x + w; column++) {
          for (let line = y; line < y + h; line++) {
            expect(cells.has(`${column},${line}`), `${spec.noun}: two panels at ${column},${line}`).toBe(false);
            cells.add(`${column},${line}`);
          }
        }
      }
    }
  });
});

describe("every alert", () => {
  const alerts = alertGroups.flatMap((group) => group.alerts);

  test("has a name of its own, a reason, and first steps", () => {
    expect(new Set(alerts.map((alert) => alert.name)).size).toBe(alerts.length);
    for (const alert of alerts) {
      expect(alert.name).toMatch(/^[A-Z][A-Za-z0-9]+$/);
      expect(alert.why, alert.name).toMatch(/\.$/);
      expect(alert.first.length, alert.name).toBeGreaterThan(0);
    }
  });

  test("sends people to commands, processes and databases there are", () => {
    const steps = alerts.flatMap(({ name, first }) => first.map((step) => ({ name, step })));
    const read = (path: string) => readFileSync(join(root, path), "utf8");
    const commands = [...read("docs/cli.md").matchAll(/^## purlin (\w+)$/gm)].map(([, command]) => command);
    const blueprint = z
      .looseObject({
        services: z.record(z.string(), z.unknown()),
        postgres: z.object({ databases: z.record(z.string(), z.unknown()) }),
      })
      .parse(parse(read("purlin.yaml")));
    const logged = [...Object.keys(blueprint), ...Object.keys(blueprint.services), "alertmanager", "prometheus"];
    const named = (pattern: RegExp) =>
      steps.flatMap(({ name, step }) => [...step.matchAll(pattern)].map(([, word = ""]) => ({ name, word })));
    for (const { name, word } of named(/`purlin (\w+)/g)) expect(commands, name).toContain(word);
    for (const { name, word } of named(/`purlin logs (\w[\w-]*)/g)) expect(logged, name).toContain(word);
    for (const { name, word } of named(/`purlin psql (\w+)/g)) {
      expect(Object.keys(blueprint.postgres.databases), name).toContain(word);
    }
  });

  test("belongs to a dashboard", () => {
    const nouns = new Set(dashboards.map((spec) => spec.noun));
    for (const group of alertGroups) expect(nouns.has(group.noun), group.noun).toBe(true);
  });
});

test("nothing takes the exporter of a server's tables for a server of its own", () => {
  const expressions = [
    ...signals.flatMap(({ signal }) => signal.queries.map(({ expr }) => expr)),
    ...alertGroups.flatMap((group) => group.alerts.map(({ expr }) => expr)),
  ];
  const asking = expressions.filter((expr) => /\bpg_up\b/.test(expr));
  expect(asking.length).toBeGreaterThan(3);
  for (const expr of asking) expect(expr.replaceAll(/\bpg_up\{[^}]*role!="tables"\}/g, "")).not.toContain("pg_up");
});

describe("placeholders", () => {
  test.each([
    ["up{$scope}", 'up{env="$env",cluster="$cluster"}', "up"],
    ['up{$scope,job="a"}', 'up{env="$env",cluster="$cluster",job="a"}', 'up{job="a"}'],
    ["rate(x{$scope}[$interval])", 'rate(x{env="$env",cluster="$cluster"}[$__rate_interval])', "rate(x[5m])"],
  ])("%s", (expr, panel, rule) => {
    expect(panelExpression(expr)).toBe(panel);
    expect(ruleExpression(expr)).toBe(rule);
  });
});
