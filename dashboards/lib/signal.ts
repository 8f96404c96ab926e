/*
 * A signal is one measurement, written once: panels draw it, alerts compare against its limits, and the reference
 * page explains it. Expressions are PromQL with two placeholders so that the same text serves panels and rules:
 *   $scope     the label matchers of the chosen platform (`env`, `cluster`) on a panel, nothing in a rule
 *   $interval  `$__rate_interval` on a panel, `5m` in a rule
 */

export interface Query {
  expr: string;
  /** Grafana legend; `{{label}}` is replaced by the series' label. */
  legend: string;
}

/** Grafana's unit ids; see https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
type Unit =
  | "short"
  | "none"
  | "percentunit"
  | "s"
  | "d"
  | "bytes"
  | "Bps"
  | "bps"
  | "ops"
  | "reqps"
  | "dateTimeAsIso"
  | "bool_yes_no";

/** Where a value turns orange and red. `when: "below"` reverses the scale. The alert of the same signal uses the same number. */
export interface Limits {
  warn?: number;
  critical?: number;
  when?: "above" | "below";
}

export interface Signal {
  /** A statement of what is measured. */
  title: string;
  /** What it is, what is bad, what to do then: one or two sentences. */
  description: string;
  unit: Unit;
  show: "stat" | "lines" | "stacked" | "states" | "table";
  queries: readonly Query[];
  limits?: Limits;
  /** Words for values of a state timeline or stat, `1: "up"`. */
  words?: Readonly<Record<string, string>>;
  /** Set where the series may rightly be absent on a healthy platform, with the reason; the panel test then accepts no data. */
  absentWhenHealthy?: string;
}

export interface Row {
  title: string;
  /** Internals start folded, so that the first screen is what users feel. */
  folded?: boolean;
  signals: readonly Signal[];
}

export interface DashboardSpec {
  /** File name, uid and link target: the component's noun. */
  noun: string;
  title: string;
  /** The question the dashboard answers. */
  question: string;
  rows: readonly Row[];
}

/** The expression as a panel asks it. */
export function panelExpression(expr: string): string {
  return expr.replaceAll("$scope", 'env="$env",cluster="$cluster"').replaceAll("$interval", "$__rate_interval");
}

/** The expression as a rule evaluates it: every platform, a fixed window. */
export function ruleExpression(expr: string): string {
  return expr
    .replaceAll("$scope,", "")
    .replaceAll(",$scope", "")
    .replaceAll("{$scope}", "")
    .replaceAll("$interval", "5m");
}
