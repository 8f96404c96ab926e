import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { createCertificate } from "./certificate.ts";
import { createDatabase, ownerUrl, postgresEnv } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startMailCatcher, type MailCatcher } from "./mail-catcher.ts";
import { startForeignProvider, type ForeignProvider } from "./auth-oidc.ts";
import { migrateService, startService, type RunningService } from "./service.ts";

/** Where the distribution puts it; .ci/run installs it. */
const executablePath = "/usr/bin/chromium";

/** Why browser tests cannot run here; undefined when they can. */
export const noBrowser = existsSync(executablePath)
  ? undefined
  : `there is no ${executablePath}: apt-get install chromium`;

/** The auth service behind something like the gateway, mails that are caught, and a browser. */
export interface BrowserWorld extends AsyncDisposable {
  daemons: Daemons;
  mail: MailCatcher;
  /** Who the accounts elsewhere are at. */
  foreign: ForeignProvider;
  service: RunningService;
  /** `https://localhost:<port>` */
  origin: string;
  /** Of the gateway, in PEM. */
  certificate: string;
  /** A browser of somebody's own, with a page that is watched. */
  open: (options?: BrowserContextOptions) => Promise<Visitor>;
}

export interface Visitor {
  page: Page;
  /** What browsers complain about: console errors, refused by policy, failed requests. */
  complaints: string[];
  /** Opens the authorisation of a client, as that would; the browser ends at the sign-in page. */
  authorize: (client?: string, parameters?: Record<string, string>) => Promise<void>;
  close: () => Promise<void>;
}

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function startBrowserWorld(): Promise<BrowserWorld> {
  const release = new AsyncDisposableStack();
  try {
    const daemons = await startDaemons(["replica", "storage"]);
    release.defer(daemons.stop);
    const mail = release.use(await startMailCatcher());
    const foreign = await startForeignProvider();
    release.defer(foreign.stop);
    const gateway = await startGateway();
    release.defer(gateway.close);
    const service = release.use(await startAuth(daemons, mail, foreign, gateway.origin));
    gateway.lead(service.url);
    // as if its certificate were from an authority the browser trusts: with errors ignored there would be no passkeys
    const trust = `--ignore-certificate-errors-spki-list=${gateway.fingerprint}`;
    const browser = await chromium.launch({ executablePath, args: [...flags, trust] });
    release.defer(() => browser.close());
    const { origin, cert: certificate } = gateway;
    return {
      ...{ daemons, mail, foreign, service, origin, certificate },
      open: (options) => visit(browser, origin, options),
      [Symbol.asyncDispose]: () => release.disposeAsync(),
    };
  } catch (error) {
    await release.disposeAsync();
    throw error;
  }
}

async function startAuth(
  daemons: Daemons,
  mail: MailCatcher,
  foreign: ForeignProvider,
  origin: string,
): Promise<RunningService> {
  await createDatabase(daemons, "auth");
  await createDatabase(daemons, "app");
  await migrateService("auth", {
    POSTGRES_OWNER_URL: ownerUrl(daemons, "auth"),
    POSTGRES_APP_OWNER_URL: ownerUrl(daemons, "app"),
  });
  const thirdParty = {
    id: "partner",
    name: "Partner",
    redirectUris: [`${origin}/callback`],
    scopes: ["openid", "email", "task:read"],
  };
  return startService("auth", "auth-1", {
    PUBLIC_URL: `${origin}/auth`,
    PLATFORM_URL: origin,
    POSTGRES_PRIMARY_URL: postgresEnv(daemons, "auth")["POSTGRES_PRIMARY_URL"] ?? "",
    POSTGRES_APP_PRIMARY_URL: postgresEnv(daemons, "app", "POSTGRES_APP")["POSTGRES_APP_PRIMARY_URL"] ?? "",
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "auth:",
    AUTH_SECRET: randomBytes(32).toString("base64"),
    AUTH_CLIENTS: JSON.stringify([thirdParty]),
    AUTH_PROVIDERS: JSON.stringify([
      { preset: "oidc", id: "elsewhere", label: "Elsewhere", issuer: foreign.url, clientId: "purlin" },
    ]),
    ELSEWHERE_CLIENT_SECRET: "0123456789abcdef",
    SMTP_URL: mail.url,
    MAIL_FROM: "Purlin <no-reply@platform.test>",
  });
}

/** Takes `/auth` off, as the gateway does, and stands for clients at `/callback`. */
async function startGateway() {
  let target = "";
  const certificate = await createCertificate();
  const server = createServer(certificate, (request, response) => {
    if (request.url?.startsWith("/auth")) pass(request, response, target, `localhost:${port}`);
    else
      response
        .writeHead(200, { "content-type": "text/html" })
        .end("<!doctype html><title>Client</title><link rel=icon href='data:,'><h1>Client</h1>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    fingerprint: certificate.fingerprint,
    cert: certificate.cert,
    lead: (url: string) => (target = url),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function pass(request: IncomingMessage, response: ServerResponse, target: string, host: string): void {
  const headers = {
    ...request.headers,
    "x-forwarded-proto": "https",
    "x-forwarded-host": host,
    "x-forwarded-prefix": "/auth",
  };
  const path = (request.url ?? "").slice("/auth".length);
  const onward = forward(target + path, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

async function visit(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // browsers also log the status of a page that says what was wrong with a form
    if (message.type() === "error" && !/Failed to load resource.*(4\d\d|503)/.test(message.text()))
      complaints.push(message.text());
  });
  return {
    page,
    complaints,
    authorize: async (client = "web", parameters = {}) => {
      const query = new URLSearchParams({
        client_id: client,
        redirect_uri: `${origin}/callback`,
        response_type: "code",
        scope: "openid",
        code_challenge: randomBytes(32).toString("base64url"),
        code_challenge_method: "S256",
        ...parameters,
      });
      await page.goto(`${origin}/auth/authorize?${query.toString()}`);
    },
    close: () => context.close(),
  };
}

/** What is wrong with the page as it is for people who need it accessible (WCAG 2.2 AA), in both colour schemes. */
export async function inspect(page: Page): Promise<string[]> {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await new AxeBuilder({ page }).analyze();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await new AxeBuilder({ page }).withRules(["color-contrast", "link-in-text-block"]).analyze(); // all that colours change
  await photograph(page);
  return [...light.violations, ...dark.violations].map(
    ({ id, nodes }) => `${page.url()}: ${id} at ${nodes.map(({ html }) => html).join(" ")}`,
  );
}

/** For whoever wants to look at the pages: pictures in the folder SCREENSHOTS. */
async function photograph(page: Page): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined) return;
  const name = `${new URL(page.url()).pathname.replaceAll(/interaction\/[^/]+/g, "interaction").replaceAll("/", "_")} ${await page.title()}`;
  const before = page.viewportSize();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name} ${width} ${colorScheme}.png`), fullPage: true });
    }
  }
  if (before) await page.setViewportSize(before);
}
