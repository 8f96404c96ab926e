import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formOf, type Browser } from "../harness/browser.ts";
import { issuer, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";
import { createOrganisation, createSubject } from "./tenants.ts";

/* The page that the mail of an invitation leads to, as a browser without scripts sees it. */
let auth: AuthUnderTest;
let organisation: string;
let inviter: string;

beforeAll(async () => {
  auth = await startAuth();
  inviter = await createSubject(auth.daemons, "Ada");
  organisation = await createOrganisation(auth.daemons, "Engines", inviter);
});
afterAll(() => auth[Symbol.asyncDispose]());

/** The link of an invitation's mail. */
async function invite(email: string): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(token).digest("hex");
  await auth.daemons.sqlIn(
    "app",
    `INSERT INTO access.invitations (organisation_id, email, role, token_hash, invited_by, expires_at)
     VALUES ('${organisation}', '${email}', 'viewer', '\\x${hash}', '${inviter}', now() + interval '1 day')`,
  );
  return `${issuer}/invitation?token=${token}`;
}

/** The browser of somebody who signed in. */
async function browserOf(email: string): Promise<Browser> {
  await auth.foreign.person({ sub: email, email, email_verified: true });
  const browser = auth.browser();
  await signIn(auth, { browser });
  return browser;
}

async function accept(browser: Browser, link: string): Promise<Response> {
  const page = await browser.request(link);
  const { action, fields } = formOf(await page.text());
  return browser.request(new URL(action, issuer), { method: "POST", body: new URLSearchParams(fields) });
}

const members = async () =>
  (
    await auth.daemons.sqlIn(
      "app",
      `SELECT s.email, m.role FROM access.members m JOIN access.subjects s ON s.id = m.subject_id
       WHERE m.organisation_id = '${organisation}' AND m.role <> 'owner' ORDER BY s.email`,
    )
  ).map(({ email, role }) => `${String(email)} ${String(role)}`);

test("whoever is not signed in is told who invites them to what, and to sign in first", async () => {
  const page = await auth.browser().request(await invite("bob@example.com"));
  expect(page.status).toBe(200);
  const text = await page.text();
  expect(text).toContain("Engines");
  expect(text).toContain("Ada");
  expect(text).not.toContain("<form");
  expect(text).not.toContain("bob@example.com");
});

test("nothing happens until the person agrees; then they are a member, once", async () => {
  const link = await invite("carol@example.com");
  const browser = await browserOf("carol@example.com");
  await browser.request(link);
  expect(await members()).toEqual([]);
  const answer = await accept(browser, link);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("You are a member of");
  expect(await members()).toEqual(["carol@example.com viewer"]);
  expect((await browser.request(link)).status).toBe(410);
});

test("somebody else who got hold of the link is refused", async () => {
  const link = await invite("dave@example.com");
  const answer = await accept(await browserOf("eve@example.com"), link);
  expect(answer.status).toBe(404);
  expect(await members()).not.toContain("eve@example.com viewer");
});

test("a form of another site, and a token that is none, change nothing", async () => {
  const link = await invite("frank@example.com");
  const browser = await browserOf("frank@example.com");
  const body = new URLSearchParams({ token: new URL(link).searchParams.get("token") ?? "" });
  const forged = await auth.fetch(`${issuer}/invitation`, {
    method: "POST",
    body,
    headers: {
      "sec-fetch-site": "cross-site",
      cookie: browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    },
  });
  expect(forged.status).toBe(403);
  expect((await browser.request(`${issuer}/invitation?token=nothing`)).status).toBe(410);
  expect((await browser.request(`${issuer}/invitation`)).status).toBe(410);
  expect(await members()).not.toContain("frank@example.com viewer");
});
