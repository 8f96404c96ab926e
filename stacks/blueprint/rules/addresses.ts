import type { Path } from "../problem.ts";
import { showPath } from "../problem.ts";
import type { Rule } from "./rule.ts";

/** A route leads through a gateway. */
export const routesHaveGateway: Rule = ({ specs, declared }) => {
  if (declared.includes("gateway")) return [];
  return Object.entries(specs.services ?? {})
    .filter(([, { route }]) => route !== undefined)
    .map(([name]) => ({
      path: ["services", name, "route"],
      message: "has a route, but the platform has no gateway; add a gateway section",
    }));
};

/** A path prefix leads to one service. */
export const routesAreDistinct: Rule = ({ specs }) => {
  const owners = new Map<string, string>();
  return Object.entries(specs.services ?? {}).flatMap(([name, { route }]) => {
    if (route === undefined) return [];
    const owner = owners.get(route.path);
    owners.set(route.path, owner ?? name);
    if (owner === undefined) return [];
    return [{ path: ["services", name, "route", "path"], message: `${route.path} already leads to services.${owner}` }];
  });
};

/** A fixed port is given once. */
export const portsAreDistinct: Rule = ({ specs: { gateway, postgres } }) => {
  const fixed: { path: Path; port: number | undefined }[] = [
    { path: ["gateway", "ports", "http"], port: gateway?.ports.http },
    { path: ["gateway", "ports", "https"], port: gateway?.ports.https },
    { path: ["postgres", "ports", "primary"], port: postgres?.ports?.primary },
  ];
  const owners = new Map<number, string>();
  return fixed.flatMap(({ path, port }) => {
    if (port === undefined) return [];
    const owner = owners.get(port);
    owners.set(port, owner ?? showPath(path));
    return owner === undefined ? [] : [{ path, message: `${port} is already the port of ${owner}` }];
  });
};
