import type { IncomingMessage } from "node:http";
import type { Express } from "express";
import { routes } from "./configuration.ts";
import type { CurrentProvider } from "./current-provider.ts";
import { setSecurityHeaders } from "./security-headers.ts";

/** Paths that the provider answers, as templates for metrics. `:uid` is an interaction that goes on. */
const templates = [
  ...Object.values(routes),
  `${routes.authorization}/:uid`,
  `${routes.code_verification}/:uid`,
  `${routes.end_session}/confirm`,
  `${routes.end_session}/success`,
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
];

/** Answers that are the same for everybody, and may be kept for a while. */
const shared = new Set<string>([
  routes.jwks,
  "/.well-known/openid-configuration",
  "/.well-known/oauth-authorization-server",
]);

/** Puts the provider at the root of `app`, which the gateway shows below the issuer's path. */
export function mountProvider(app: Express, current: CurrentProvider, issuer: string): void {
  const { protocol, host, pathname } = new URL(issuer);
  const prefix = pathname.replace(/\/$/, "");
  app.use(async (request, response, next) => {
    const template = templateOf(request.path);
    if (template === undefined) {
      next();
      return;
    }
    request.route = { path: template }; // for metrics: Express sets it for its own routes only
    setSecurityHeaders(response);
    if (shared.has(template)) response.setHeader("cache-control", "public, max-age=300");
    request.originalUrl = prefix + request.url;
    believe(request, protocol.slice(0, -1), host);
    const provider = await current.get();
    await provider.callback()(request, response);
  });
}

function templateOf(path: string): string | undefined {
  if (templates.includes(path)) return path;
  const parent = path.slice(0, path.lastIndexOf("/"));
  return templates.find((template) => template === `${parent}/:uid`);
}

/**
 * The provider makes addresses out of the request: for it the request came to the issuer, whatever host a client
 * named. What it shows and signs never depends on a header.
 */
function believe(request: IncomingMessage, protocol: string, host: string): void {
  request.headers.host = host;
  request.headers["x-forwarded-proto"] = protocol;
  delete request.headers["x-forwarded-host"];
}
