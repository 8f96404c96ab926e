import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import * as oauth from "openid-client";
import { openBrowser, type Browser } from "../harness/browser.ts";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { migrateService, startService, type RunningService } from "./service.ts";

export const issuer = "https://platform.test/auth";
export const audience = "https://platform.test/api";
export const callback = "https://platform.test/callback";

/** Two instances of the auth service on real databases, with a foreign provider that signs everybody in. */
export interface AuthUnderTest extends AsyncDisposable {
  daemons: Daemons;
  instances: RunningService[];
  foreign: ForeignProvider;
  env: Record<string, string>;
  /** A request as the gateway passes it on, to the instances in turn, or to one. */
  fetch: (url: string | URL, init?: RequestInit, instance?: number) => Promise<Response>;
  /** A client as openid-client sees it. */
  client: (id: string, secret?: string) => Promise<oauth.Configuration>;
  browser: () => Browser;
  /** Sum of a counter over the instances. */
  counter: (name: string, labels?: string) => Promise<number>;
}

export interface ForeignProvider {
  url: string;
  person: (claims: Record<string, unknown>) => Promise<void>;
  lies: (lies: Record<string, unknown>) => Promise<void>;
  seen: () => Promise<Record<string, string>>;
  stop: () => Promise<void>;
}

export async function startAuth(
  settings: (foreign: ForeignProvider) => Record<string, string> = () => ({}),
): Promise<AuthUnderTest> {
  const daemons = await startDaemons(["replica", "storage"]);
  const foreign = await startForeignProvider();
  const instances: RunningService[] = [];
  const stop = async () => {
    await Promise.all(instances.map((instance) => instance[Symbol.asyncDispose]()));
    await foreign.stop();
    await daemons.stop();
  };
  try {
    await createDatabase(daemons, "auth");
    await createDatabase(daemons, "app");
    await migrateService("auth", {
      POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"),
      POSTGRES_APP_OWNER_URL: ownerUrl(daemons, "app"),
    });
    const { POSTGRES_PRIMARY_URL: primary = "" } = postgresEnv(daemons, "auth");
    const { POSTGRES_APP_PRIMARY_URL: app = "" } = postgresEnv(daemons, "app", "POSTGRES_APP");
    const env = {
      PUBLIC_URL: issuer,
      PLATFORM_URL: "https://platform.test",
      POSTGRES_PRIMARY_URL: primary,
      POSTGRES_APP_PRIMARY_URL: app,
      REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
      REDIS_KEY_PREFIX: "auth:",
      AUTH_SECRET: randomBytes(32).toString("base64"),
      SMTP_URL: "smtp://127.0.0.1:1",
      MAIL_FROM: "test@example.com",
      PASSWORD_THREADS: "1",
      FOREIGN_SECRET: "0123456789abcdef0123456789abcdef",
      AUTH_PROVIDERS: JSON.stringify([
        { preset: "oidc", id: "foreign", issuer: foreign.url, clientId: "purlin", clientSecretEnv: "FOREIGN_SECRET" },
      ]),
      ...settings(foreign),
    };
    // at the same time: both find no keys
    instances.push(...(await Promise.all([startService("auth", "auth-1", env), startService("auth", "auth-2", env)])));
    return { ...connectTo(instances), daemons, instances, foreign, env, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function connectTo(instances: RunningService[]): Pick<AuthUnderTest, "fetch" | "client" | "browser" | "counter"> {
  let turn = 0;
  const through: AuthUnderTest["fetch"] = (address, init = {}, instance = turn++ % instances.length) => {
    const url = new URL(address);
    if (url.origin !== "https://platform.test") return fetch(url, init);
    const headers = new Headers(init.headers);
    headers.set("x-forwarded-proto", "https");
    headers.set("x-forwarded-host", url.host);
    headers.set("x-forwarded-prefix", "/auth");
    return fetch(`${instances[instance]?.url ?? ""}${url.pathname.replace(/^\/auth/, "")}${url.search}`, {
      ...init,
      headers,
    });
  };
  return {
    fetch: through,
    client: (id, secret) =>
      oauth.discovery(
        new URL(issuer),
        id,
        secret,
        secret === undefined ? oauth.None() : oauth.ClientSecretBasic(secret),
        {
          [oauth.customFetch]: (url, init) => through(url, init as RequestInit),
        },
      ),
    browser: () => openBrowser({ fetch: through, outside: isClients }),
    counter: async (name, labels = "") => {
      const texts = await Promise.all(
        instances.map(async ({ internalUrl }) => (await fetch(`${internalUrl}/metrics`)).text()),
      );
      const lines = texts.flatMap((text) =>
        text.split("\n").filter((line) => line.startsWith(name) && line.includes(labels)),
      );
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
  };
}

/** Whether an address is a client's, and neither ours nor the foreign provider's. */
function isClients({ origin, hostname, protocol, pathname }: URL): boolean {
  if (origin === "https://platform.test") return !pathname.startsWith("/auth/");
  const local = protocol === "http:" && ["127.0.0.1", "localhost"].includes(hostname);
  return !local || pathname === "/callback";
}

/** Somebody signed in by a client with the code flow: the tokens, and the browser it was done in. */
export interface SignedIn {
  tokens: oauth.TokenEndpointResponse & oauth.TokenEndpointResponseHelpers;
  browser: Browser;
  client: oauth.Configuration;
}

/** Signs in the foreign provider's person. */
export async function signIn(
  auth: AuthUnderTest,
  { id = "web", scope = "openid email platform", browser = auth.browser() } = {},
): Promise<SignedIn> {
  const client = await auth.client(id);
  const { url, verifier, state } = await authorizationUrl(client, { scope });
  const back = await passInteraction(auth, browser, url);
  const tokens = await oauth.authorizationCodeGrant(client, back, { pkceCodeVerifier: verifier, expectedState: state });
  return { tokens, browser, client };
}

export async function authorizationUrl(client: oauth.Configuration, parameters: Record<string, string> = {}) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: callback,
    scope: "openid platform",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  return { url, verifier, state };
}

/** Opens an authorisation request, signs in at the foreign provider if that is asked, and gives the client's redirect URI. */
export async function passInteraction(auth: AuthUnderTest, browser: Browser, url: URL): Promise<URL> {
  const opened = await openInteraction(browser, url);
  if (opened.uid === undefined) return opened.url;
  return (await browser.open(`${issuer}/interaction/${opened.uid}/federation/foreign/start`)).url;
}

/** Opens an authorisation request; `uid` is of the interaction it leads to. */
export async function openInteraction(browser: Browser, url: URL): Promise<{ url: URL; uid: string | undefined }> {
  const response = await browser.request(url);
  const location = new URL(response.headers.get("location") ?? url);
  const uid = /\/interaction\/([^/]+)$/.exec(location.pathname)?.[1];
  return { url: location, uid };
}

/** A provider of somebody else: auth-federation-provider.ts. */
export async function startForeignProvider(): Promise<ForeignProvider> {
  const script = join(import.meta.dirname, "auth-federation-provider.ts");
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"], env: {} });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const url = line.toString().trim();
  const put = async (path: string, body: unknown) => {
    await fetch(url + path, { method: "PUT", body: JSON.stringify(body) });
  };
  return {
    url,
    person: (claims) => put("/person", { email_verified: true, name: "A person", ...claims }),
    lies: (lies) => put("/lies", lies),
    seen: async () => (await (await fetch(`${url}/seen`)).json()) as Record<string, string>,
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
