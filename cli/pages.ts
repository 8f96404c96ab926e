import type { OutputValues } from "./engine/engine.ts";
import { keysAt, pickString } from "./pick.ts";

/** A page of the platform a person may want to see. */
export interface Page {
  name: string;
  url: string;
}

/** Pages of a platform, from its outputs, in the order of interest. */
export function pagesOf(outputs: OutputValues): Page[] {
  const monitoring = ["prometheus", "alertmanager", "grafana"];
  const candidates: [name: string, url: string | undefined][] = [
    ["gateway", pickString(outputs, "gateway", "url")],
    ...keysAt(outputs, "services").map((name): [string, string | undefined] => [
      name,
      pickString(outputs, "services", name, "page") ?? pickString(outputs, "services", name, "url"),
    ]),
    ...monitoring.map((name): [string, string | undefined] => [name, pickString(outputs, "monitoring", name, "url")]),
    ["mail", pickString(outputs, "mail", "url")],
    ["mindsdb", pickString(outputs, "mindsdb", "url")],
  ];
  return candidates.flatMap(([name, url]) => (url === undefined ? [] : [{ name, url }]));
}
