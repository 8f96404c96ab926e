import type { Path } from "../problem.ts";
import { showPath } from "../problem.ts";
import type { Rule, Sections } from "./rule.ts";

interface RoutePath {
  path: Path;
  /** Where it leads, as the blueprint names it. */
  to: string;
  prefix: string;
}

/** Every path prefix of the gateway: those of services, and of buckets that clients reach. */
function routePaths({ services = {}, storage }: Sections["specs"]): RoutePath[] {
  const ofServices = Object.entries(services).flatMap(([name, { route }]) =>
    route ? [{ path: ["services", name, "route", "path"], to: `services.${name}`, prefix: route.path }] : [],
  );
  const ofBuckets = Object.entries(storage?.buckets ?? {}).flatMap(([name, { presigned }]) =>
    presigned
      ? [{ path: ["storage", "buckets", name, "presigned"], to: `storage.buckets.${name}`, prefix: `/${name}` }]
      : [],
  );
  return [...ofServices, ...ofBuckets];
}

/** A route leads through a gateway. */
export const routesHaveGateway: Rule = ({ specs, declared }) => {
  if (declared.includes("gateway")) return [];
  const ofServices = Object.entries(specs.services ?? {})
    .filter(([, { route }]) => route !== undefined)
    .map(([name]) => ({
      path: ["services", name, "route"],
      message: "has a route, but the platform has no gateway; add a gateway section",
    }));
  const ofBuckets = Object.entries(specs.storage?.buckets ?? {})
    .filter(([, { presigned }]) => presigned)
    .map(([name]) => ({
      path: ["storage", "buckets", name, "presigned"],
      message: "lets clients in, but the platform has no gateway; add a gateway section",
    }));
  return [...ofServices, ...ofBuckets];
};

/** A path prefix leads to one place. */
export const routesAreDistinct: Rule = ({ specs }) => {
  const owners = new Map<string, string>();
  return routePaths(specs).flatMap(({ path, to, prefix }) => {
    const owner = owners.get(prefix);
    owners.set(prefix, owner ?? to);
    return owner === undefined ? [] : [{ path, message: `${prefix} already leads to ${owner}` }];
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
