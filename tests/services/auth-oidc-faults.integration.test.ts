import { setTimeout as sleep } from "node:timers/promises";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizationUrl, issuer, passInteraction, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";
import { eventually } from "./daemons.ts";
import { startService } from "./service.ts";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

describe("when the database does not answer", () => {
  test("token requests say so in bounded time, readyz tells, and all is well afterwards without a restart", async () => {
    const { client, tokens } = await signIn(auth);
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: "web",
      refresh_token: tokens.refresh_token ?? "",
    });
    auth.daemons.primary.freeze();
    try {
      const started = performance.now();
      const response = await auth.fetch(`${issuer}/token`, { method: "POST", body: form });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ error: "temporarily_unavailable" });
      expect(response.headers.get("retry-after")).toBe("1");
      expect(performance.now() - started).toBeLessThan(20_000);
      expect((await auth.instances[0]?.readiness())?.code).toBe(503);
    } finally {
      auth.daemons.primary.thaw();
    }
    await eventually(async () => {
      expect((await auth.instances[0]?.readiness())?.code).toBe(200);
    });
    expect((await oauth.refreshTokenGrant(client, tokens.refresh_token ?? "")).access_token).toBeDefined();
  });

  test("an instance that starts meanwhile gets ready by itself", async () => {
    await auth.daemons.primary.kill();
    const late = await startService("auth", "auth-late", auth.env);
    try {
      expect((await late.readiness()).code).toBe(503);
      const { status } = await fetch(`${late.url}/jwks`);
      expect(status).toBe(503);
      await auth.daemons.primary.start();
      await eventually(async () => {
        expect((await fetch(`${late.url}/jwks`)).status).toBe(200);
      });
      await sleep(600); // a report is reused for half a second
      expect((await late.readiness()).code).toBe(200);
    } finally {
      await late[Symbol.asyncDispose]();
      await auth.daemons.primary.start().catch(() => undefined);
    }
    await passInteraction(auth, auth.browser(), (await authorizationUrl(await auth.client("web"))).url);
  });
});
