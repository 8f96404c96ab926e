import { decodeJwt } from "jose";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startService } from "./service.ts";
import { issuer, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

/** A refresh by hand: its answer, whatever it is. */
async function refresh(token: string, instance?: number) {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "web", refresh_token: token });
  const response = await auth.fetch(`${issuer}/token`, { method: "POST", body }, instance);
  const answer = (await response.json()) as { refresh_token?: string; access_token?: string; error?: string };
  return { status: response.status, ...answer };
}

/** A refresh that is tried again as long as the answer is to do that: a thousand at once are more than a small machine serves at once. */
async function refreshPatiently(token: string, instance: number) {
  for (;;) {
    const answer = await refresh(token, instance);
    if (answer.status !== 503) return answer;
  }
}

/** As if `seconds` had passed since refresh tokens were used. */
async function letTimePass(seconds: number) {
  await auth.daemons.sqlIn(
    "auth",
    `UPDATE oidc_objects SET consumed_at = consumed_at - interval '${seconds} seconds' WHERE consumed_at IS NOT NULL`,
  );
}

describe("refresh tokens", () => {
  test("are exchanged for another each time, and their tokens go on with the same session", async () => {
    const { tokens, client } = await signIn(auth);
    const issued = () => auth.counter("auth_tokens_issued_total", 'grant_type="refresh_token"');
    const before = await issued();
    const next = await oauth.refreshTokenGrant(client, tokens.refresh_token ?? "");
    expect(await issued()).toBe(before + 1);
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    expect(decodeJwt(next.access_token)["sid"]).toBe(decodeJwt(tokens.access_token)["sid"]);
    expect(decodeJwt(next.access_token).jti).not.toBe(decodeJwt(tokens.access_token).jti);
  });

  test("of a lost answer can be asked for again within the grace, at any instance", async () => {
    const { tokens } = await signIn(auth);
    const first = await refresh(tokens.refresh_token ?? "", 0);
    const again = await refresh(tokens.refresh_token ?? "", 1);
    expect(again.status).toBe(200);
    expect(again.refresh_token).toBe(first.refresh_token);
  });

  test("1,000 concurrent refreshes of one over two instances have one lineage", async () => {
    const { tokens } = await signIn(auth);
    const sid = String(decodeJwt(tokens.access_token)["sid"]);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => refreshPatiently(tokens.refresh_token ?? "", n % 2)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ refresh_token: successor }) => successor)).size).toBe(1);
    const family = await auth.daemons.sqlIn(
      "auth",
      `SELECT consumed_at FROM oidc_objects WHERE model = 'RefreshToken' AND grant_id = '${sid}'`,
    );
    expect(family).toHaveLength(2); // the one that was used and its one successor
    expect(family.filter((row) => row["consumed_at"] === null)).toHaveLength(1);
    const next = await refresh(answers[0]?.refresh_token ?? "");
    expect(next.status).toBe(200);
  });

  test("that come again after the grace end the whole family, and its access tokens", async () => {
    const { tokens } = await signIn(auth);
    const before = await auth.counter("auth_refresh_reuse_total");
    const second = await refresh(tokens.refresh_token ?? "");
    await letTimePass(31);
    expect(await refresh(tokens.refresh_token ?? "")).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(await refresh(second.refresh_token ?? "")).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(await auth.counter("auth_refresh_reuse_total")).toBe(before + 1);
    const sid = String(decodeJwt(tokens.access_token)["sid"]);
    expect(
      await auth.daemons.sqlIn("app", `SELECT FROM access.revoked_sessions WHERE session_id = '${sid}'`),
    ).toHaveLength(1);
    const audited = `SELECT details FROM platform.audit_events WHERE action = 'session.revoked' AND target_id = '${sid}'`;
    expect(await auth.daemons.sqlIn("app", audited)).toEqual([{ details: { reason: "refresh-token-reused" } }]);
  });

  test("that come again once their successor was used end the family, grace or not", async () => {
    const { tokens } = await signIn(auth);
    const second = await refresh(tokens.refresh_token ?? "");
    const third = await refresh(second.refresh_token ?? "");
    expect(third.status).toBe(200);
    expect(await refresh(tokens.refresh_token ?? "")).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(await refresh(third.refresh_token ?? "")).toMatchObject({ status: 400, error: "invalid_grant" });
  });

  test("a thief and the owner who race within the grace share one lineage, which ends with the loser's next use", async () => {
    const { tokens } = await signIn(auth);
    const [owner, thief] = await Promise.all([
      refresh(tokens.refresh_token ?? "", 0),
      refresh(tokens.refresh_token ?? "", 1),
    ]);
    expect(thief.refresh_token).toBe(owner.refresh_token);
    const next = await refresh(owner.refresh_token ?? "");
    await letTimePass(31);
    expect((await refresh(thief.refresh_token ?? "")).status).toBe(400);
    expect((await refresh(next.refresh_token ?? "")).status).toBe(400);
  });

  test("of an account that may not sign in any more are refused", async () => {
    await auth.foreign.person({ sub: "gone", email: "gone@example.com" });
    const { tokens } = await signIn(auth);
    const account = `UPDATE access.subjects SET disabled_at = now() WHERE id = '${decodeJwt(tokens.access_token).sub ?? ""}'`;
    await auth.daemons.sqlIn("app", account);
    expect(await refresh(tokens.refresh_token ?? "")).toMatchObject({ status: 400, error: "invalid_grant" });
    await auth.foreign.person({ sub: "1", email: "person@example.com" });
  });

  test("of another client are refused", async () => {
    const { tokens } = await signIn(auth);
    const body = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "cli",
      refresh_token: tokens.refresh_token ?? "",
    });
    expect((await auth.fetch(`${issuer}/token`, { method: "POST", body })).status).toBe(400);
    expect((await refresh(tokens.refresh_token ?? "")).status).toBe(200);
  });

  test("survive the loss of Redis and the death of every instance", async () => {
    const { tokens } = await signIn(auth);
    await auth.daemons.redis.kill();
    try {
      for (const [n, { url }] of auth.instances.entries()) {
        await auth.instances[n]?.stop("SIGKILL");
        auth.instances[n] = await startService("auth", `auth-${n + 1}`, auth.env, { port: Number(new URL(url).port) });
      }
      expect((await refresh(tokens.refresh_token ?? "")).status).toBe(200);
    } finally {
      await auth.daemons.redis.start();
    }
  });

  test("are not in the database: neither as text nor in what is stored of them", async () => {
    const { tokens } = await signIn(auth);
    const dump = JSON.stringify(await auth.daemons.sqlIn("auth", "SELECT o::text AS row FROM oidc_objects o"));
    expect(dump).not.toContain(tokens.refresh_token);
    expect(dump).toContain("v1."); // it did look at the sealed ones
  });
});
