import type { GatewaySpec } from "./outputs.ts";

/*
 * Traefik's middlewares, made from the blueprint. Each function gives a definition, or nothing where the blueprint
 * turns it off. https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/overview/
 */

/** Time between two looks at an instance's health, dead or alive. */
export const healthCheckMs = 500;

/** Middlewares every request passes, in this order; the answers of the later ones carry the headers of the first. */
export function commonMiddlewares(spec: GatewaySpec) {
  return {
    "security-headers": { headers: securityHeaders(spec) },
    ...(spec.cors.origins.length > 0 && { cors: { headers: cors(spec.cors.origins) } }),
    ...(spec.rateLimit.average > 0 && { "rate-limit": { rateLimit: rateLimit(spec.rateLimit) } }),
  };
}

/**
 * What stands between a request and an instance. It comes after the body limit: that one reads the body, and a second attempt
 * around it would send an empty one.
 */
export function retries(spec: GatewaySpec) {
  return { ...(spec.retries > 0 && { retry: { retry: retry(spec.retries) } }) };
}

/** Holds a request's body up to the limit and answers 413 above it. */
export function bodyLimit({ maxBody }: GatewaySpec) {
  return { buffering: { maxRequestBodyBytes: maxBody, memRequestBodyBytes: Math.min(maxBody, 2 ** 20) } };
}

function securityHeaders({ domain }: GatewaySpec) {
  return {
    // A browser keeps this per host name, not per port: for localhost it would break every other server there.
    ...(domain !== "localhost" && { stsSeconds: 31_536_000, stsIncludeSubdomains: true }),
    contentTypeNosniff: true,
    frameDeny: true,
    referrerPolicy: "strict-origin-when-cross-origin",
    customResponseHeaders: { Server: "", "X-Powered-By": "" },
  };
}

function cors(origins: string[]) {
  return {
    accessControlAllowOriginList: origins,
    // Browsers refuse credentials together with "any origin", and so do we.
    accessControlAllowCredentials: !origins.includes("*"),
    accessControlAllowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    accessControlAllowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
    accessControlExposeHeaders: ["X-Request-Id", "Retry-After"],
    accessControlMaxAge: 600,
    addVaryHeader: true,
  };
}

/** Counted for the address of the connection: a header naming another one is not believed. */
function rateLimit({ average, burst }: GatewaySpec["rateLimit"]) {
  return { average, burst, period: "1s", sourceCriterion: { ipStrategy: { depth: 0 } } };
}

/**
 * Only where no answer came: an instance could not be reached, or died with the request (502), which is repeated only
 * for methods that may be; a POST is never sent twice. Every attempt takes the next instance, which may be the dead one
 * again, so together the pauses last longer than two health checks. Traefik's n pauses grow by the n-th root of two, and
 * each is drawn from half to one and a half of that; hence the first.
 */
function retry(retries: number) {
  const shortest = 2 * healthCheckMs;
  const first = 2 * shortest * (2 ** (1 / retries) - 1);
  return {
    attempts: retries + 1,
    initialInterval: `${Math.ceil(first)}ms`,
    status: ["502"],
    // Traefik allocates this much for each request, whatever its body; at its own 2 MiB that halves the throughput. A
    // larger body (of a PUT) is repeated only where no instance was reached.
    maxRequestBodyBytes: 4096,
    retryNonIdempotentMethod: false,
  };
}
