import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizationUrl, issuer, openInteraction, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";
import { startService } from "./service.ts";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

async function keySet(instance?: number): Promise<JSONWebKeySet> {
  return (await (await auth.fetch(`${issuer}/jwks`, {}, instance)).json()) as JSONWebKeySet;
}

const kidOf = (token: string) => decodeProtectedHeader(token).kid;

/** As if the days had passed; then every instance looks at the keys anew. */
async function letDaysPass(days: number) {
  await auth.daemons.sqlIn("auth", `UPDATE provider_keys SET active_from = active_from - interval '${days} days'`);
  await restart();
}

async function restart() {
  for (const [n, { url }] of auth.instances.entries()) {
    await auth.instances[n]?.stop("SIGKILL");
    auth.instances[n] = await startService("auth", `auth-${n + 1}`, auth.env, { port: Number(new URL(url).port) });
  }
  await Promise.all([keySet(0), keySet(1)]);
}

describe("keys", () => {
  test("are made once, though two instances start at the same time", async () => {
    expect(await keySet(0)).toEqual(await keySet(1));
    const stored = await auth.daemons.sqlIn("auth", "SELECT use FROM provider_keys ORDER BY use");
    expect(stored).toEqual([{ use: "cookie" }, { use: "token" }]);
  });

  test("are sealed where they are kept", async () => {
    const [row] = await auth.daemons.sqlIn("auth", "SELECT string_agg(material, ' ') AS all FROM provider_keys");
    expect(row?.["all"]).toMatch(/^v1\.[\w-]+ v1\.[\w-]+$/);
  });

  test("sign cookies that every instance knows", async () => {
    const { browser } = await signIn(auth);
    for (let round = 0; round < 2; round++) {
      const { url } = await authorizationUrl(await auth.client("web"));
      expect((await openInteraction(browser, url)).url.searchParams.has("code")).toBe(true);
    }
  });

  test("follow each other: published before it signs, published after it has signed, and then gone", async () => {
    const before = await signIn(auth);
    const first = kidOf(before.tokens.access_token);

    await letDaysPass(29.5);
    const both = await keySet();
    expect(both.keys).toHaveLength(2);
    const next = await oauth.refreshTokenGrant(before.client, before.tokens.refresh_token ?? "");
    expect(kidOf(next.access_token)).toBe(first); // the new one is not used yet

    await letDaysPass(1);
    const after = await oauth.refreshTokenGrant(before.client, next.refresh_token ?? "");
    expect(kidOf(after.access_token)).not.toBe(first);
    expect(both.keys.map(({ kid }) => kid)).toContain(kidOf(after.access_token)); // whoever remembered the set knows it
    await jwtVerify(next.access_token, createLocalJWKSet(await keySet()), { issuer });

    await letDaysPass(1.5);
    expect((await keySet()).keys.map(({ kid }) => kid)).not.toContain(first);
    expect(
      (await openInteraction(before.browser, (await authorizationUrl(before.client)).url)).url.searchParams.has("code"),
    ).toBe(true); // cookies are known longer
  });

  test("that were stolen are taken away by removing their rows", async () => {
    const { tokens } = await signIn(auth);
    await auth.daemons.sqlIn("auth", `DELETE FROM provider_keys WHERE id = '${kidOf(tokens.access_token) ?? ""}'`);
    await restart();
    await expect(jwtVerify(tokens.access_token, createLocalJWKSet(await keySet()), { issuer })).rejects.toThrow();
    expect(kidOf((await signIn(auth)).tokens.access_token)).not.toBe(kidOf(tokens.access_token));
  });
});
