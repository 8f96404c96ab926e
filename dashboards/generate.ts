import { stringify } from "yaml";
import { alertGroups, dashboards } from "./index.ts";
import { ruleGroup, ruleTests, type Alert, type AlertGroup } from "./lib/alert.ts";
import { dashboard } from "./lib/dashboard.ts";

const header = "# Generated from dashboards/ by `npm run generate`; do not edit.\n";

/** Every generated file: path below the package's root -> content. The same call writes them and checks that they are not stale. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const spec of dashboards) {
    files.set(`dashboards/generated/${spec.noun}.json`, `${JSON.stringify(dashboard(spec), null, 2)}\n`);
  }
  files.set(
    "dashboards/generated/rules.yml",
    header + stringify({ groups: alertGroups.map(ruleGroup) }, { lineWidth: 0 }),
  );
  files.set(
    "dashboards/generated/rules.test.yml",
    header +
      stringify(
        { rule_files: ["rules.yml"], evaluation_interval: "1m", tests: alertGroups.flatMap(ruleTests) },
        { lineWidth: 0 },
      ),
  );
  files.set("docs/runbooks.md", runbooks());
  return files;
}

/** One chapter an alert: what it means, why it matters, what to do first. Alerts link to it. */
function runbooks(): string {
  const chapters = alertGroups.map(
    (group) => `## ${group.noun}\n\n${group.alerts.map((alert) => runbook(alert, group)).join("\n")}`,
  );
  return `# Runbooks\n\n<!-- Generated from dashboards/alerts by \`npm run generate\`; do not edit. -->\n\nOne chapter for every alert rule: what it means, why it matters, what to do first.\n\n${chapters.join("\n")}`;
}

function runbook(alert: Alert, group: AlertGroup): string {
  const summary = alert.summary
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "<$1>")
    .replaceAll(/\{\{ \$value[^}]*\}\}/g, "<value>");
  const steps = alert.first
    .map((step, index) => `${index + 1}. ${step.replaceAll(/\{\{(\w+)\}\}/g, "<$1>")}`)
    .join("\n");
  return `### ${alert.name}\n\n${alert.severity}, after ${alert.for}, dashboard \`purlin-${group.noun}\`: ${summary}.\n\n${alert.why}\n\n${steps}\n`;
}
