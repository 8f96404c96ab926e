import { ruleExpression } from "./signal.ts";

/** `page`: wake someone. `ticket`: this working day. `info`: shown, never sent. */
type Severity = "page" | "ticket" | "info";

/** Input series of a promtool case: series selector -> promtool's expanding notation (`0+1x60`), one sample a minute. */
export interface RuleCase {
  series: Readonly<Record<string, string>>;
  /** When to look, promtool duration since the start (`20m`). */
  at: string;
}

export interface Alert {
  name: string;
  severity: Severity;
  for: string;
  /** PromQL with the placeholders of signal.ts. */
  expr: string;
  /** One line with the series' labels: `{{ $labels.instance }}`. */
  summary: string;
  /** Why it matters. */
  why: string;
  /** What to do first: the commands, in order. */
  first: readonly string[];
  /** Series under which it must fire, and under which it must stay quiet. Both run in promtool. */
  fires: RuleCase;
  /** Absent only for an alert that always fires. */
  quiet?: RuleCase;
}

interface RecordingRule {
  record: string;
  expr: string;
}

export interface AlertGroup {
  /** The component's noun: label `component`, dashboard and runbook chapter. */
  noun: string;
  records?: readonly RecordingRule[];
  alerts: readonly Alert[];
}

/** A group as Prometheus' rule file has it. */
export function ruleGroup(group: AlertGroup) {
  return {
    name: group.noun,
    rules: [
      ...(group.records ?? []).map((rule) => ({ record: rule.record, expr: ruleExpression(rule.expr) })),
      ...group.alerts.map((alert) => ({
        alert: alert.name,
        expr: ruleExpression(alert.expr),
        for: alert.for,
        labels: { severity: alert.severity, component: group.noun },
        annotations: {
          summary: alert.summary,
          description: `${alert.why} Now: {{ $value }}.`,
          runbook: `docs/runbooks.md#${alert.name.toLowerCase()}`,
          dashboard: `purlin-${group.noun}`,
        },
      })),
    ],
  };
}

/** promtool test cases of a group: each alert once firing and once quiet. */
export function ruleTests(group: AlertGroup) {
  return group.alerts.flatMap((alert) => [
    ruleTest(alert.name, alert.fires, true),
    ...(alert.quiet ? [ruleTest(alert.name, alert.quiet, false)] : []),
  ]);
}

function ruleTest(alert: string, { series, at }: RuleCase, fires: boolean) {
  return {
    name: `${alert} ${fires ? "fires" : "stays quiet"}`,
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
        eval_time: at,
        exp_samples: fires ? [{ labels: "{}", value: 1 }] : [],
      },
    ],
  };
}
