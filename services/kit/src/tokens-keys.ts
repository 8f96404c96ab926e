import { performance } from "node:perf_hooks";
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import type { TrustedIssuer } from "./authenticator-settings.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { Problem } from "./problems.ts";
import { traceHeaders } from "./telemetry.ts";

/*
 * The public keys of an issuer. They are asked for when first needed, when a token names an unknown one (a rotation),
 * and every few minutes behind everybody's back. While the issuer is away the keys it had go on being used.
 */

/** Milliseconds. `cooldown` bounds how often unknown key ids, which anybody can invent, make us ask. */
const times = { timeout: 3_000, maxAge: 300_000, cooldown: 2_000 };

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/** Only public keys of asymmetric algorithms: a shared or private key in a published set is a mistake. */
const keySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string() }))
    .transform((keys) => keys.filter((key) => key.kty !== "oct" && !("d" in key))),
});

/** Finds the key that a token names. @throws Problem unavailable when the issuer cannot be asked; jose's JWKSNoMatchingKey */
export function createIssuerKeys(
  issuer: Pick<TrustedIssuer, "issuer" | "jwksUrl">,
  { logger, metrics, onChange }: { logger: Logger; metrics: Metrics; onChange: () => void },
): JWTVerifyGetKey {
  let current: { find: JWTVerifyGetKey; text: string } | undefined;
  let loading: Promise<void> | undefined;
  let asked = { at: -Infinity, failed: false };

  const load = async () => {
    asked = { at: performance.now(), failed: false };
    try {
      const text = await metrics.dependency("issuer", () => fetchKeys(issuer));
      if (text === current?.text) return;
      if (current) onChange();
      current = { find: createLocalJWKSet(keySet.parse(JSON.parse(text))), text };
    } catch (error) {
      asked.failed = true;
      logger.warn({ err: error, issuer: issuer.issuer }, "an issuer's keys cannot be had");
    }
  };
  const reload = () => (loading ??= load().finally(() => (loading = undefined)));
  const coolingDown = () => !loading && performance.now() - asked.at < times.cooldown;

  return async (header, token) => {
    if (!current && !coolingDown()) await reload();
    if (!current) throw unreachable();
    if (performance.now() - asked.at > times.maxAge) void reload();
    try {
      return await current.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!coolingDown()) await reload();
      if (asked.failed) throw unreachable();
      return current.find(header, token);
    }
  };
}

function unreachable(): Problem {
  return new Problem("unavailable", { detail: "the token's issuer does not answer", headers: { "retry-after": "1" } });
}

/** The key set as text, from where the settings or the issuer's discovery document say (RFC 8414). */
async function fetchKeys({ issuer, jwksUrl }: Pick<TrustedIssuer, "issuer" | "jwksUrl">): Promise<string> {
  if (jwksUrl !== undefined) return fetchText(jwksUrl);
  const document = discovery.parse(
    JSON.parse(await fetchText(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)),
  );
  // RFC 8414, 3.3: a document that speaks for somebody else must not be used
  if (document.issuer !== issuer) throw new Error(`discovery of ${issuer} names ${document.issuer}`);
  return fetchText(document.jwks_uri);
}

async function fetchText(url: string): Promise<string> {
  const signal = AbortSignal.timeout(times.timeout);
  const response = await fetch(url, {
    signal,
    redirect: "error",
    headers: { accept: "application/json", ...traceHeaders() },
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.text();
}
