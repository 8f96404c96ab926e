import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { beginSignIn, createOrganisation, signUp, type Person } from "./security-people.ts";
import { startSecurityWorld, type SecurityWorld } from "./security-world.ts";

/* Forms and cookies of the pages, all that there are (OWASP ASVS 5.0, 3.3 and 3.5). */
let world: SecurityWorld;
let person: Person;
/** An interaction that waits for a sign-in. */
let interaction: string;

beforeAll(async () => {
  world = await startSecurityWorld();
  person = await signUp(world);
  await createOrganisation(person);
  const { url } = await person.browser.open((await beginSignIn(world, { prompt: "login" })).url);
  interaction = url.pathname;
});
afterAll(() => world[Symbol.asyncDispose]());

/** Every path that takes a form, as services/auth/src/pages/router.ts lists them: a new one cannot be forgotten. */
function formPaths(): string[] {
  const source = readFileSync(new URL("../../services/auth/src/pages/router.ts", import.meta.url), "utf8");
  const tables = { interactionPages: ":interaction", linkPages: "/auth", accountPages: "/auth/account" };
  return Object.entries(tables).flatMap(([table, prefix]) => {
    const rows = new RegExp(`const ${table}.*?= \\[\\n(.*?)\\n\\];`, "s").exec(source)?.[1] ?? "";
    return [...rows.matchAll(/\["post", "([^"]*)"/g)].map(([, path = ""]) => prefix + path);
  });
}

const send = (path: string, headers: Record<string, string>, body = new URLSearchParams()) => {
  const cookie = person.browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return world.fetch(path.replace(":interaction", interaction), {
    method: "POST",
    headers: { cookie, ...headers },
    body,
  });
};

const sessions = () =>
  world.daemons.sqlIn(
    "auth",
    "SELECT model, uid, account_id FROM oidc_objects WHERE model IN ('Session', 'Grant') ORDER BY 1, 2",
  );

/** Every page that links of pages lead to, by path. */
async function crawl(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const waiting = ["/auth/account", interaction, `${interaction}/recovery`, "/auth/device", "/auth/sign-out"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const { response } = await person.browser.open(new URL(path, world.origin));
    const page = (await response?.text()) ?? "";
    pages.set(path, page);
    for (const [, link = ""] of page.matchAll(/<a[^>]* href="([^"]*)"/g)) {
      const { origin, pathname } = new URL(link, world.origin);
      if (origin === world.origin && pathname.startsWith("/auth/")) waiting.push(pathname);
    }
  }
  return pages;
}

describe("a form", () => {
  test("on any page is one of these, or carries a token of the provider's", async () => {
    const pages = await crawl();
    const forms = [...pages].flatMap(([path, page]) =>
      [...page.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)].map(([, tag = "", inside = ""]) => ({ path, tag, inside })),
    );
    const known = formPaths().map((path) => path.replace(":interaction", interaction));
    expect(pages.size).toBeGreaterThanOrEqual(10);
    expect(forms.length).toBeGreaterThanOrEqual(12);
    for (const { path, tag, inside } of forms) {
      const action = new URL(/ action="([^"]*)"/.exec(tag)?.[1] ?? "", world.origin);
      expect(tag, path).toMatch(/ method="post"/);
      expect(action.origin, path).toBe(world.origin);
      if (!known.includes(action.pathname))
        expect(inside, `${path}: ${action.pathname}`).toMatch(/ name="xsrf" value="\w{20,}"/);
      for (const [input] of inside.matchAll(/<input[^>]* name="[^"]*password[^"]*"[^>]*>/gi)) {
        expect(input, path).toMatch(/ type="password"/);
        expect(input, path).not.toMatch(/autocomplete="off"|onpaste|readonly|maxlength/);
      }
    }
  });

  test.each(formPaths())("at %s is taken from our own pages alone", async (path) => {
    const strangers: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.test" },
      { "sec-fetch-site": "cross-site", origin: world.origin },
      { "sec-fetch-site": "same-site", origin: "https://other.localhost" },
      { "sec-fetch-site": "none" },
      { origin: "https://evil.test" },
      { origin: "null" },
      {},
    ];
    for (const headers of strangers) expect((await send(path, headers)).status, JSON.stringify(headers)).toBe(403);
  });

  test.each(formPaths())("at %s does nothing by GET", async (path) => {
    const before = await sessions();
    const address = new URL(path.replace(":interaction", interaction), world.origin);
    await person.browser.request(`${address.href}?password=x&code=000000&email=x%40example.com`);
    expect(before.length).toBeGreaterThan(0);
    expect(await sessions()).toEqual(before);
  });
});

describe("a cookie", () => {
  test("of any page is out of reach of scripts and of other sites, and for TLS and this host alone", () => {
    const { cookies } = person.browser;
    expect(new Set(cookies.map(({ name }) => name)).size).toBeGreaterThanOrEqual(4);
    for (const { name, value, path, attributes } of cookies) {
      expect(attributes, name).toMatch(/(^|; )secure(;|$)/);
      expect(attributes, name).toMatch(/(^|; )httponly(;|$)/);
      expect(attributes, name).toMatch(/(^|; )samesite=(lax|strict)(;|$)/);
      expect(attributes, name).not.toMatch(/domain=/);
      expect(name).toMatch(path === "/" ? /^__Host-/ : /^__Secure-/);
      expect(name.length + value.length).toBeLessThan(4096);
    }
  });

  test("does not tell who somebody is", () => {
    for (const { name, value } of person.browser.cookies) {
      const text = value + Buffer.from(value, "base64url").toString("latin1");
      expect([name, text.includes(person.email), text.includes(person.tokens.claims()?.sub ?? "-")]).toEqual([
        name,
        false,
        false,
      ]);
    }
  });
});

test.each(formPaths())("a form at %s would come through from our own pages", async (path) => {
  const { status } = await send(path, { origin: world.origin }, new URLSearchParams({ nothing: "x" }));
  expect(status).not.toBe(403);
  expect(status).toBeLessThan(500);
});
