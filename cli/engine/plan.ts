import type { PlanRow, Risk, Row } from "./engine.ts";

/** What is risky about a change, from its kind of resource: `purlin:local:Directory`, its operation, and what it holds. */
export function riskOf(row: Pick<Row, "urn" | "operation">, holdsData: boolean): Risk {
  const gone = row.operation === "delete" || row.operation === "replace";
  switch (kindOf(row.urn)) {
    case "Directory":
      return gone && holdsData ? "data-loss" : "none";
    case "Process":
      if (row.operation === "update" || row.operation === "replace") return "restart";
      return row.operation === "delete" ? "downtime" : "none";
    default:
      return "none";
  }
}

/** A row of the plan from a row of the preview. */
export function planRow(row: Row, holdsData: boolean): PlanRow {
  const { urn, component, name, operation, reasons } = row;
  return { urn, component, name, operation, reasons, risk: riskOf(row, holdsData) };
}

/** `purlin:local:Process` in `urn:pulumi:dev::shop::purlin:local:Process::redis-cache` gives `Process`. */
function kindOf(urn: string): string | undefined {
  return urn.split("::").at(-2)?.split(":").at(-1);
}
