import { setTimeout as sleep } from "node:timers/promises";
import * as oauth from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizationUrl, issuer, passInteraction, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";
import { eventually } from "./daemons.ts";
import { startService, type RunningService } from "./service.ts";
import { startSlowProxy, type SlowProxy } from "./slow-proxy.ts";

const release = new AsyncDisposableStack();
let auth: AuthUnderTest;
let far: RunningService;
let proxies: Record<"primary" | "redis", SlowProxy>;

beforeAll(async () => {
  auth = release.use(await startAuth());
  const { primary, redis } = auth.daemons;
  proxies = {
    primary: release.use(await startSlowProxy(primary.port)),
    redis: release.use(await startSlowProxy(redis.port)),
  };
  const through = Object.entries(auth.env).map(([name, value]) => [
    name,
    value
      .replace(`127.0.0.1:${primary.port}`, `127.0.0.1:${proxies.primary.port}`)
      .replace(`127.0.0.1:${redis.port}`, `127.0.0.1:${proxies.redis.port}`),
  ]);
  far = await startService("auth", "auth-far", Object.fromEntries(through) as Record<string, string>);
  auth.instances.push(far); // gone when auth is
});
afterAll(() => release.disposeAsync());

/** What clients that refresh their tokens one after the other saw. */
interface Refreshed {
  statuses: Map<number, number>;
  /** The token each client was given last. */
  tokens: string[];
}

const refresh = (token: string) => {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "web", refresh_token: token });
  return auth.fetch(`${issuer}/token`, { method: "POST", body }, auth.instances.indexOf(far));
};

/** Clients refresh, each as fast as it is answered, while `during` goes on; one that is told to come back does. */
async function underLoad(tokens: string[], during: (seen: Refreshed) => Promise<void>): Promise<Refreshed> {
  const stop = new AbortController();
  const seen: Refreshed = { statuses: new Map(), tokens: [...tokens] };
  const clients = seen.tokens.map(async (_, client) => {
    while (!stop.signal.aborted) {
      const answer = await refresh(seen.tokens[client] ?? "");
      seen.statuses.set(answer.status, (seen.statuses.get(answer.status) ?? 0) + 1);
      const { refresh_token: next } = (await answer.json()) as { refresh_token?: string };
      if (next !== undefined) seen.tokens[client] = next;
    }
  });
  try {
    await during(seen);
  } finally {
    stop.abort();
    await Promise.all(clients);
  }
  return seen;
}

async function untilStatus(status: string): Promise<void> {
  await eventually(async () => {
    const report = await far.readiness();
    if (report.status !== status) throw new Error(`it is ${report.status}`);
  });
}

describe("with clients that refresh their tokens", () => {
  let tokens: string[];
  beforeAll(async () => {
    const people = await Promise.all([1, 2, 3, 4, 5, 6].map(() => signIn(auth)));
    tokens = people.map(({ tokens: { refresh_token } }) => refresh_token ?? "");
  });

  /** What was acknowledged last is known, and good. */
  const expectKept = async (seen: Refreshed) => {
    tokens = await Promise.all(
      seen.tokens.map(async (token) => {
        const answer = await refresh(token);
        expect(answer.status).toBe(200);
        return ((await answer.json()) as { refresh_token: string }).refresh_token;
      }),
    );
  };

  test.each([
    ["primary", 100],
    ["redis", 1000],
  ] as const)("and %s %i ms slower, every one is answered", async (name, milliseconds) => {
    await untilStatus("ready");
    const seen = await underLoad(tokens, async () => {
      proxies[name].delay(milliseconds);
      try {
        await sleep(3000);
      } finally {
        proxies[name].delay(0);
      }
      await untilStatus("ready");
    });
    expect([...seen.statuses.keys()]).toEqual([200]);
    await expectKept(seen);
  });

  test.each([
    ["primary", "unready"],
    ["redis", "degraded"],
  ] as const)("and %s frozen, it is %s; no token is lost, and all is well afterwards", async (name, status) => {
    await untilStatus("ready");
    const seen = await underLoad(tokens, async ({ statuses }) => {
      await sleep(300);
      auth.daemons[name].freeze();
      try {
        await untilStatus(status);
        const before = statuses.get(200) ?? 0;
        if (name === "redis")
          await expect.poll(() => statuses.get(200) ?? 0, { timeout: 8000 }).toBeGreaterThan(before + 20);
        else await expect.poll(() => statuses.get(503) ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
      } finally {
        auth.daemons[name].thaw();
      }
      await untilStatus("ready");
    });
    const unavailable = name === "primary" ? [200, 503] : [200];
    expect([...seen.statuses.keys()].toSorted()).toEqual(unavailable);
    await expectKept(seen);
  });
});

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
