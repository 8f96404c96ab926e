import { stringify } from "yaml";
import type { MonitoringSpec } from "./outputs.ts";

const silent = "purlin-nobody";

/**
 * alertmanager.yml: the blueprint's routes in order, first match wins; what nobody routes stays on Alertmanager's own
 * page. A page silences the ticket of the same name, and a dead server silences what follows from its death.
 */
export function alertmanagerConfig(alerts: MonitoringSpec["alerts"]): string {
  return stringify(
    {
      route: {
        receiver: silent,
        group_by: ["env", "cluster", "component"],
        group_wait: "10s",
        group_interval: "1m",
        repeat_interval: "4h",
        routes: [
          { receiver: silent, matchers: ['severity="info"'] },
          ...alerts.routes.map((route) => ({ receiver: route.receiver, matchers: matchers(route) })),
        ],
      },
      receivers: [
        { name: silent },
        ...Object.entries(alerts.receivers).map(([name, { webhook }]) => ({
          name,
          webhook_configs: [{ url: webhook, send_resolved: true }],
        })),
      ],
      inhibit_rules: [
        {
          source_matchers: ['severity="page"'],
          target_matchers: ['severity="ticket"'],
          equal: ["alertname", "cluster", "instance"],
        },
        {
          source_matchers: ['alertname="PostgresPrimaryDown"'],
          target_matchers: [
            'alertname=~"PostgresDown|PostgresReplicaLag|PostgresReplicaMissing|PostgresSlotInactive|PoolExhausted"',
          ],
          equal: ["cluster"],
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function matchers(route: MonitoringSpec["alerts"]["routes"][number]): string[] {
  return [
    ...(route.severity === undefined ? [] : [`severity="${route.severity}"`]),
    ...(route.component === undefined ? [] : [`component="${route.component}"`]),
  ];
}
