import type { Redis } from "ioredis";
import { isIPv6 } from "node:net";
import { Counter } from "prom-client";
import { z } from "zod";
import type { RateLimit } from "./http.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problems.ts";
import { createAllowance, type Quota } from "./rate-limit-allowance.ts";
import { clientAddress } from "./request-context.ts";
import type { Route } from "./route.ts";

const quota = (limit: number, window: number) =>
  z
    .strictObject({ limit: z.number().int().positive(), window: z.number().int().positive() })
    .default({ limit, window });

const limits = z.strictObject({
  /** Routes that ask nobody who they are: by address. */
  public: quota(300, 60),
  read: quota(3000, 60),
  write: quota(600, 60),
});

/** Kinds of route, each with a quota of its own. */
export type RateLimits = z.output<typeof limits>;

export const rateLimitEnv = {
  /** Requests in how many seconds, by kind of route, as JSON: {"read":{"limit":3000,"window":60}}. */
  RATE_LIMITS: z
    .string()
    .default("{}")
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "is not JSON" });
        return z.NEVER;
      }
    })
    .pipe(limits),
};

export interface RateLimitOptions {
  limits: RateLimits;
  redis: Redis;
  logger: Logger;
  metrics: Metrics;
}

/**
 * Counts each request against whoever sends it: the subject, or the address where nobody is asked to say who they are. Every
 * answer says how much is left. Source: draft-ietf-httpapi-ratelimit-headers-10.
 */
export function createRateLimit({ limits, redis, logger, metrics }: RateLimitOptions): RateLimit {
  const kinds = {
    public: limiter("public", limits.public),
    read: limiter("read", limits.read),
    write: limiter("write", limits.write),
  };
  const refused = new Counter({
    name: "rate_limited_requests_total",
    help: "Requests that were refused because their sender had sent too many",
    labelNames: ["kind"],
    registers: [metrics.registry],
  });
  function limiter(name: string, { limit, window }: Quota) {
    const policy = `"${name}";q=${limit};w=${window}`;
    return { name, policy, limit, window, allowance: createAllowance(name, { limit, window }, redis, logger) };
  }

  return async (route, identity, request, response) => {
    const { name, policy, limit, window, allowance } = kinds[kindOf(route)];
    const key = identity?.subjectId ?? network(clientAddress(request));
    const { allowed, remaining, reset } = await allowance.take(key);
    response.setHeader("ratelimit-policy", policy);
    response.setHeader("ratelimit", `"${name}";r=${remaining};t=${reset}`);
    if (allowed) return;
    refused.labels(name).inc();
    throw new Problem("too_many_requests", {
      detail: `${limit} requests in ${window} s are allowed; try again in ${reset} s`,
      headers: { "retry-after": String(reset) },
    });
  };
}

function kindOf({ access, method }: Route): keyof RateLimits {
  if (access === "public") return "public";
  return method === "get" ? "read" : "write";
}

/** Who has one IPv6 address has the whole /64 around it. */
function network(address = "unknown"): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(":").filter(Boolean).length;
  return [...groups, ...Array.from({ length: missing }, () => "0")].slice(0, 4).join(":");
}
