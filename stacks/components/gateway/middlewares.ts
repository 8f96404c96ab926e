import type { GatewaySpec } from "./outputs.ts";

/*
 * Traefik's middlewares, made from the blueprint. Each function gives a definition, or nothing where the blueprint
 * turns it off. https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/overview/
 */

/** Middlewares every request passes, in this order; the answers of the later ones carry the headers of the first. */
export function commonMiddlewares(spec: GatewaySpec) {
  return {
    "security-headers": { headers: securityHeaders(spec) },
    ...(spec.cors.origins.length > 0 && { cors: { headers: cors(spec.cors.origins) } }),
    ...(spec.rateLimit.average > 0 && { "rate-limit": { rateLimit: rateLimit(spec.rateLimit) } }),
    ...(spec.retries > 0 && { retry: { retry: retry(spec.retries) } }),
  };
}

/** Holds a request's body up to the limit and answers 413 above it. */
export function bodyLimit({ maxBody }: GatewaySpec) {
  return { buffering: { maxRequestBodyBytes: maxBody, memRequestBodyBytes: Math.min(maxBody, 2 ** 20) } };
}

function securityHeaders({ domain }: GatewaySpec) {
  return {
    // A browser keeps this per host name, not per port: for localhost it would break every other server there.
    ...(domain !== "localhost" && { stsSeconds: 31_536_000 }),
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
 * Only where no answer came, and only methods that may be repeated: a POST is never sent twice. The pauses, at random
 * between half and one and a half of the interval and growing by half, let two retries outlast a health check.
 */
function retry(retries: number) {
  return { attempts: retries + 1, initialInterval: "400ms", retryNonIdempotentMethod: false };
}
