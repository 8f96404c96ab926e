import type { Unwrap } from "@pulumi/pulumi";
import type { Route } from "../component.ts";
import { bodyLimit, commonMiddlewares, healthCheckMs, retries } from "./middlewares.ts";
import type { GatewaySpec } from "./outputs.ts";

/** A route with its addresses known. */
export type KnownRoute = Unwrap<Route>;

/** For TLS 1.2: forward secrecy and authenticated encryption. Those of TLS 1.3 are not a choice. */
const cipherSuites = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
];

/**
 * What Traefik reads again whenever the file changes: routers, services, middlewares, certificate.
 * https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/file/
 */
export function dynamicConfig(
  spec: GatewaySpec,
  routes: KnownRoute[],
  { certFile, keyFile }: { certFile: string; keyFile: string },
) {
  const common = commonMiddlewares(spec);
  const limit = { "body-limit": bodyLimit(spec) };
  const again = retries(spec);
  return {
    // Traefik refuses empty sections.
    ...(routes.length > 0 && {
      http: {
        middlewares: {
          ...common,
          ...limit,
          ...again,
          ...Object.fromEntries(routes.flatMap((route) => Object.entries(ownMiddlewares(route)))),
        },
        routers: Object.fromEntries(
          routes.flatMap((route) => {
            const behind = { ...again, ...ownMiddlewares(route) };
            return routers(route, {
              reads: Object.keys({ ...common, ...behind }),
              writes: Object.keys({ ...common, ...limit, ...behind }),
            });
          }),
        ),
        services: Object.fromEntries(routes.map((route) => [route.name, loadBalancer(route)])),
      },
    }),
    tls: {
      stores: { default: { defaultCertificate: { certFile, keyFile } } },
      options: { default: { minVersion: "VersionTLS12", cipherSuites } },
    },
  };
}

/** Middlewares of one route alone, after the common ones. Stripping tells the backend what went: X-Forwarded-Prefix. */
function ownMiddlewares({ name, path, stripPrefix, responseHeaders }: KnownRoute): Record<string, object> {
  return {
    ...(responseHeaders && { [`headers-${name}`]: { headers: { customResponseHeaders: responseHeaders } } }),
    ...(stripPrefix && path !== "/" && { [`strip-${name}`]: { stripPrefix: { prefixes: [path] } } }),
  };
}

/**
 * Two routers for a route: Traefik can limit a body only by holding request and answer until they are complete, which
 * would break websockets and event streams. Those are asked for with GET, so reading methods go around the limit.
 */
function routers({ name, path }: KnownRoute, middlewares: { reads: string[]; writes: string[] }): [string, object][] {
  const reads = "Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)";
  const prefix = path === "/" ? "PathPrefix(`/`)" : `Path(\`${path}\`) || PathPrefix(\`${path}/\`)`;
  // By path alone: Traefik's own priority is the length of the whole rule.
  const router = { service: name, entryPoints: ["https"], priority: path.length };
  return [
    [`${name}-read`, { ...router, rule: `(${prefix}) && (${reads})`, middlewares: middlewares.reads }],
    [`${name}-write`, { ...router, rule: `(${prefix}) && !(${reads})`, middlewares: middlewares.writes }],
  ];
}

function loadBalancer({ path, backends, healthPath, sticky }: KnownRoute) {
  const look = `${healthCheckMs}ms`;
  const cookie = { name: "__Secure-purlin_instance", path, secure: true, httpOnly: true, sameSite: "lax" };
  return {
    loadBalancer: {
      servers: backends.map(({ host, port }) => ({ url: `http://${host}:${port}` })),
      healthCheck: { path: healthPath, interval: look, unhealthyInterval: look, timeout: "2s" },
      ...(sticky && { sticky: { cookie } }),
    },
  };
}
