import { stringify } from "yaml";
import { alertGroups } from "../../../dashboards/index.ts";
import { ruleGroup } from "../../../dashboards/lib/alert.ts";
import type { BuiltComponents } from "../component.ts";

/** Always watched: the monitoring itself and the machine. */
const always = ["monitoring", "host"];

/** rules.yml of one platform: what its blueprint promises, then the alerts of the components it has. */
export function rulesConfig(labels: { env: string; cluster: string }, built: BuiltComponents): string {
  const watched = new Set([...always, ...Object.keys(built)]);
  const groups = alertGroups.filter((group) => watched.has(group.noun)).map(ruleGroup);
  return stringify({ groups: [expectations(labels, built), ...groups] }, { lineWidth: 0 });
}

/** Numbers of the blueprint as series, so that rules and panels can compare them with what is measured. */
function expectations(labels: { env: string; cluster: string }, built: BuiltComponents) {
  const constant = (record: string, value: number) => ({ record, expr: `vector(${value})`, labels });
  const replicas = built.postgres?.outputs.replicas.length;
  const routes = Object.values(built).flatMap((component) => component.routes).length;
  return {
    name: "expectations",
    rules: [
      ...(replicas === undefined ? [] : [constant("purlin_expected_replicas", replicas)]),
      constant("purlin_gateway_routes_expected", routes),
    ],
  };
}
