import { output, type Input } from "@pulumi/pulumi";
import type { Front } from "../component.ts";
import type { ServiceSpec } from "./outputs.ts";

/**
 * Where a service is reached through the gateway, and the page of it a person wants to see. Both absent for a worker
 * and without a gateway.
 */
export function urlsOf(
  { route }: ServiceSpec,
  front: Front | undefined,
): { url?: Input<string>; page?: Input<string> } {
  if (!route || !front) return {};
  const url = below(front.url, route.path === "/" ? "" : route.path);
  return { url, ...(route.page !== undefined && { page: below(url, route.page) }) };
}

/** Plain stays plain: on `local` URLs are known before the run. */
function below(url: Input<string>, path: string): Input<string> {
  return typeof url === "string" ? url + path : output(url).apply((known) => known + path);
}
