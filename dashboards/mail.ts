import type { DashboardSpec } from "./lib/signal.ts";

export const mail: DashboardSpec = {
  noun: "mail",
  title: "Mail",
  question: "Does the mail catcher answer, and does mail arrive?",
  rows: [
    {
      title: "Caught mail",
      signals: [
        {
          title: "Answers",
          description: "Whether its metrics page answers. Down: `purlin logs mail`; services cannot send.",
          unit: "none",
          show: "states",
          queries: [{ expr: 'up{$scope,component="mail"}', legend: "{{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Messages that can be read",
          description: "Messages held; the oldest goes when there are more than the catcher keeps. `purlin open mail`.",
          unit: "short",
          show: "stat",
          queries: [{ expr: "mail_messages_held_count{$scope}", legend: "held" }],
        },
        {
          title: "Messages by result",
          description: "Messages per second. Refused ones were too large or could not be written to disk.",
          unit: "ops",
          show: "stacked",
          queries: [
            {
              expr: "sum by (result) (rate(mail_messages_received_total{$scope}[$interval]))",
              legend: "{{result}}",
            },
          ],
        },
      ],
    },
  ],
};
