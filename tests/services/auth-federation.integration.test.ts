import { randomBytes } from "node:crypto";
import * as oauth from "openid-client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { formOf, type Browser } from "../harness/browser.ts";
import { authorizationUrl, issuer, openInteraction, signIn, startAuth, type AuthUnderTest } from "./auth-oidc.ts";

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await startAuth((foreign) => {
    const at = { preset: "oidc", issuer: foreign.url, clientId: "purlin", clientSecretEnv: "FOREIGN_SECRET" };
    return {
      AUTH_PROVIDERS: JSON.stringify([
        { ...at, id: "foreign" },
        { ...at, id: "second", clientId: "purlin-again" },
        { ...at, id: "distrusted", trustEmail: false },
        {
          ...at,
          id: undefined,
          preset: "github",
          issuer: foreign.url.replace("127.0.0.1", "localhost"),
          apiUrl: foreign.url,
        },
        { ...at, id: "away", issuer: "http://127.0.0.1:1/" },
      ]),
    };
  });
});
afterAll(() => auth[Symbol.asyncDispose]());

let person = 100;
let email: string;
beforeEach(async () => {
  person++;
  email = `person-${person}@example.com`;
  await auth.foreign.lies({});
  await auth.foreign.person({ sub: String(person), email });
});

async function begin(browser: Browser = auth.browser()) {
  const { url, ...rest } = await authorizationUrl(await auth.client("web"));
  const { uid = "" } = await openInteraction(browser, url);
  return { browser, uid, interaction: `${issuer}/interaction/${uid}`, ...rest };
}

/** Goes to the provider, and gives the address it sends the browser back to; that is not opened yet. */
async function goThere(
  { browser, interaction }: Awaited<ReturnType<typeof begin>>,
  provider = "foreign",
): Promise<URL> {
  const there = await browser.request(`${interaction}/federation/${provider}/start`);
  const back = await browser.request(there.headers.get("location") ?? "");
  return new URL(back.headers.get("location") ?? "");
}

/** Where signing in at a provider ends up: at the client, or at the interaction again. */
async function signInAt(provider: string, at?: Awaited<ReturnType<typeof begin>>): Promise<"client" | "interaction"> {
  const started = at ?? (await begin());
  return ending(started.browser, await goThere(started, provider));
}

async function ending(browser: Browser, callback: URL): Promise<"client" | "interaction"> {
  const { url } = await browser.open(callback);
  if (url.pathname === "/callback") return url.searchParams.has("code") ? "client" : "interaction";
  return "interaction";
}

const accounts = () => auth.daemons.sqlIn("auth", `SELECT id FROM users WHERE email = '${email}'`);
const identities = () =>
  auth.daemons.sqlIn(
    "auth",
    `SELECT issuer, account_id FROM external_identities WHERE external_id = '${person}' ORDER BY issuer`,
  );

/** Mails to the person that wait: there is no mail server here. */
const mails = async () => (await auth.daemons.sqlIn("auth", `SELECT FROM mails WHERE recipient = '${email}'`)).length;

describe("signing in at an external provider", () => {
  test("makes an account the first time, and finds it the next", async () => {
    expect(await signInAt("foreign")).toBe("client");
    const made = await accounts();
    expect(made).toHaveLength(1);
    expect(await signInAt("foreign")).toBe("client");
    expect(await accounts()).toEqual(made);
    const action = `SELECT FROM platform.audit_events WHERE action = 'identity.linked' AND target_id = '${String(made[0]?.["id"])}'`;
    expect(await auth.daemons.sqlIn("app", action)).toHaveLength(1);
  });

  test("makes one account of many first times at once, and lets all of them in", async () => {
    const backs = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const started = await begin();
        return { started, callback: await goThere(started) };
      }),
    );
    const endings = await Promise.all(backs.map(({ started, callback }) => ending(started.browser, callback)));
    expect(endings).toEqual(Array(6).fill("client"));
    expect(await accounts()).toHaveLength(1);
    expect(await identities()).toHaveLength(1);
  });

  test("sends state, nonce and a PKCE challenge, each time others, and the verifier only to the provider", async () => {
    const started = await begin();
    const there = async () => {
      const response = await started.browser.request(`${started.interaction}/federation/foreign/start`);
      return new URL(response.headers.get("location") ?? "").searchParams;
    };
    const [first, second] = [await there(), await there()];
    for (const parameter of ["state", "nonce", "code_challenge"]) {
      expect(first.get(parameter)?.length).toBeGreaterThanOrEqual(32);
      expect(first.get(parameter)).not.toBe(second.get(parameter));
    }
    expect(first.get("code_challenge_method")).toBe("S256");
    expect(await signInAt("foreign")).toBe("client");
    expect((await auth.foreign.seen())["code_verifier"]?.length).toBeGreaterThanOrEqual(43);
  });

  test("goes on at whichever instance the browser comes back to", async () => {
    for (let round = 0; round < 3; round++) expect(await signInAt("foreign")).toBe("client");
  });

  test("takes no address that the provider has not verified", async () => {
    await auth.foreign.person({ sub: String(person), email, email_verified: false });
    expect(await signInAt("foreign")).toBe("client");
    expect(await accounts()).toHaveLength(0);
  });

  test("takes no address of a provider whose word is not taken", async () => {
    expect(await signInAt("distrusted")).toBe("client");
    expect(await accounts()).toHaveLength(0);
  });

  test("works with GitHub, which has an API and no ID tokens", async () => {
    expect(await signInAt("github")).toBe("client");
    expect(await accounts()).toHaveLength(1);
    await auth.foreign.person({ sub: String(person), email: "changed@example.com" }); // known by its number
    expect(await signInAt("github")).toBe("client");
    expect(await accounts()).toHaveLength(1);
  });

  test("takes no address of GitHub's that is not verified", async () => {
    await auth.foreign.person({ sub: String(person), email, email_verified: false });
    expect(await signInAt("github")).toBe("client");
    expect(await accounts()).toHaveLength(0);
    expect(await identities()).toHaveLength(1); // an account without an address
  });

  test("says so when the provider is away, or not known", async () => {
    const { browser, interaction } = await begin();
    expect((await browser.request(`${interaction}/federation/away/start`)).status).toBe(503);
    expect((await browser.request(`${interaction}/federation/nobody/start`)).status).toBe(404);
  });

  test("does not let in an account that may not sign in any more", async () => {
    expect(await signInAt("foreign")).toBe("client");
    const [account] = await accounts();
    await auth.daemons.sqlIn(
      "app",
      `UPDATE access.subjects SET disabled_at = now() WHERE id = '${String(account?.["id"])}'`,
    );
    expect(await signInAt("foreign")).toBe("interaction");
  });
});

describe("an account that is there already", () => {
  test("is not taken over by who has its address elsewhere: its owner signs in first, then both are one", async () => {
    expect(await signInAt("foreign")).toBe("client");
    const before = await accounts();
    const started = await begin();
    expect(await signInAt("github", started)).toBe("interaction");
    expect(await identities()).toHaveLength(1);
    expect(await signInAt("foreign", started)).toBe("client"); // by the account's own means
    expect(await identities()).toHaveLength(2);
    expect(await mails()).toBe(1); // and the owner hears of it
    expect(new Set((await identities()).map((row) => row["account_id"])).size).toBe(1);
    expect(await signInAt("github")).toBe("client");
    expect(await accounts()).toEqual(before);
  });

  test("keeps out an identity when somebody else signs in instead", async () => {
    expect(await signInAt("foreign")).toBe("client");
    const started = await begin();
    expect(await signInAt("github", started)).toBe("interaction");
    await auth.foreign.person({ sub: `${person}0`, email: `other-${person}@example.com` });
    expect(await signInAt("foreign", started)).toBe("client");
    expect(await identities()).toHaveLength(1);
    await auth.foreign.person({ sub: String(person), email });
    expect(await signInAt("github")).toBe("interaction"); // still not linked
  });
});

describe("linking from the account's page", () => {
  const ownLink = { headers: { "sec-fetch-site": "same-origin" } };
  const post = (browser: Browser, path: string, form: Record<string, string>) =>
    browser.request(`${issuer}/account${path}`, { ...ownLink, method: "POST", body: new URLSearchParams(form) });
  const unlink = (browser: Browser, row: Record<string, unknown> | undefined) =>
    post(browser, "/identities/unlink", { identity: JSON.stringify([row?.["issuer"], String(person)]) });

  /** Somebody signed in, on the way back from another provider. */
  async function linking(provider = "github") {
    const { browser } = await signIn(auth);
    const there = await browser.request(`${issuer}/account/identities/${provider}/link`, ownLink);
    const back = await browser.request(there.headers.get("location") ?? "");
    return { browser, callback: new URL(back.headers.get("location") ?? "") };
  }

  test("makes one account of two identities, and tells its owner by mail", async () => {
    const { browser, callback } = await linking();
    const { url } = await browser.open(callback);
    expect(url.search).toBe("?done=linked");
    expect(new Set((await identities()).map((row) => row["account_id"])).size).toBe(1);
    expect(await identities()).toHaveLength(2);
    expect(await mails()).toBe(1);
    expect((await browser.open(callback)).response?.status).toBe(410); // once
  });

  test("begins at a link of our own page only: a site could have chosen who somebody is at the provider", async () => {
    const { browser } = await signIn(auth);
    for (const site of ["cross-site", "same-site", "none"]) {
      const headers = { "sec-fetch-site": site };
      expect((await browser.request(`${issuer}/account/identities/github/link`, { headers })).status).toBe(403);
    }
    expect((await browser.request(`${issuer}/account/identities/github/link`)).status).toBe(403);
  });

  test("ends in the session it began in: nobody else's browser links what somebody brings back", async () => {
    const { callback } = await linking();
    const victim = await signIn(auth);
    expect((await victim.browser.open(callback)).response?.status).toBe(410);
    expect(await identities()).toHaveLength(1);
    const signedOut = await auth.browser().open(callback);
    expect(signedOut.url.searchParams.has("done")).toBe(false);
    expect(await identities()).toHaveLength(1);
  });

  test("leaves an identity with the account that has it", async () => {
    const before = await signInAt("foreign").then(identities);
    await auth.foreign.person({ sub: `${person}0`, email: `other-${person}@example.com` });
    const { browser, callback } = await linking();
    await auth.foreign.person({ sub: String(person), email });
    callback.pathname = callback.pathname.replace("/github/", "/foreign/");
    expect((await browser.open(callback)).response?.status).toBe(410); // nor does one provider's answer stand for another's
    const there = await browser.request(`${issuer}/account/identities/foreign/link`, ownLink);
    const { response } = await browser.open(there.headers.get("location") ?? "");
    expect(response?.status).toBe(422);
    expect(await response?.text()).toContain("somebody else");
    expect(await identities()).toEqual(before);
  });

  test("links nothing when the provider's answer is not good", async () => {
    const { browser, callback } = await linking();
    callback.searchParams.set("code", "stolen");
    expect((await browser.open(callback)).response?.status).toBe(422);
    expect(await identities()).toHaveLength(1);
  });

  test("and unlinking leave a way to sign in, also when two are taken away at once", async () => {
    const { browser, callback } = await linking();
    await browser.open(callback);
    const both = await identities();
    const statuses = (await Promise.all(both.map((row) => unlink(browser, row)))).map(({ status }) => status);
    expect(statuses.sort()).toEqual([303, 409]);
    const [left, ...others] = await identities();
    expect(others).toEqual([]);
    expect((await unlink(browser, left)).status).toBe(409);
    expect(await mails()).toBe(2); // linked, unlinked
  });

  test("count no identity of a provider that is not there any more", async () => {
    const { browser } = await signIn(auth);
    const [only] = await identities();
    await auth.daemons.sqlIn(
      "auth",
      `INSERT INTO external_identities (issuer, external_id, account_id) VALUES ('https://gone.test', '${person}', '${String(only?.["account_id"])}')`,
    );
    expect((await unlink(browser, only)).status).toBe(409);
  });
});

describe("an answer is not believed", () => {
  test.each([
    ["with another nonce", { claims: { nonce: "another" } }],
    ["without a nonce", { claims: { nonce: null } }],
    ["of another issuer", { claims: { iss: "https://evil.test" } }],
    ["for another client", { claims: { aud: "another" } }],
    [
      "for several clients of which we are not the one meant",
      { claims: { aud: ["purlin", "another"], azp: "another" } },
    ],
    ["that has expired", { claims: { exp: 1 } }],
    ["signed by nobody known", { wrongKey: true }],
    ["that names another issuer in the address (mix-up, RFC 9207)", { responseIss: "https://evil.test" }],
    ["that names no issuer though the provider does", { responseIss: null }],
  ])("%s", async (_what, lies) => {
    await auth.foreign.lies(lies);
    const failures = await auth.counter("auth_sign_in_total", 'method="external",result="failure"');
    expect(await signInAt("foreign")).toBe("interaction");
    expect(await accounts()).toHaveLength(0);
    expect(await auth.counter("auth_sign_in_total", 'method="external",result="failure"')).toBe(failures + 1);
  });

  test("a second time, even if the provider would take the code again", async () => {
    await auth.foreign.lies({ replays: true });
    const started = await begin();
    const callback = await goThere(started);
    expect(await ending(started.browser, callback)).toBe("client");
    expect((await started.browser.open(callback)).response?.status).toBe(410);
  });

  test("in another browser than the one that left", async () => {
    const started = await begin();
    const callback = await goThere(started);
    const victim = await begin();
    expect((await victim.browser.open(callback)).response?.status).toBe(410);
    expect(await accounts()).toHaveLength(0);
  });

  test("of one provider as another's (mix-up): each has a redirect URI of its own", async () => {
    const started = await begin();
    const callback = await goThere(started);
    callback.pathname = callback.pathname.replace("/foreign/", "/second/");
    expect(await ending(started.browser, callback)).toBe("interaction");
    expect(await accounts()).toHaveLength(0);
  });

  test.each([
    ["another state", (url: URL) => url.searchParams.set("state", randomBytes(32).toString("base64url")), 410],
    ["no state", (url: URL) => url.searchParams.delete("state"), 410],
  ])("with %s", async (_what, change, status) => {
    const started = await begin();
    const callback = await goThere(started);
    change(callback);
    expect((await started.browser.open(callback)).response?.status).toBe(status);
  });

  test("with a code that the provider did not give to us", async () => {
    const started = await begin();
    const callback = await goThere(started);
    callback.searchParams.set("code", "stolen");
    expect(await ending(started.browser, callback)).toBe("interaction");
  });

  test("and the way on is no open redirect", async () => {
    const started = await begin();
    const callback = await goThere(started);
    callback.pathname = callback.pathname.replace("foreign", "..%2F..%2F..%2Fevil.test");
    const { url } = await started.browser.open(callback);
    expect(url.origin).toBe(new URL(issuer).origin);
  });
});

describe("signing in again", () => {
  test("as somebody else in the same browser ends the first one's session before", async () => {
    const { tokens, client, browser } = await signIn(auth);
    await auth.foreign.person({ sub: `${person}0`, email: `other-${person}@example.com` });
    const { url, verifier, state } = await authorizationUrl(client, {
      prompt: "login",
      scope: "openid email platform",
    });
    const { uid = "" } = await openInteraction(browser, url);
    const asked = await browser.open(`${issuer}/interaction/${uid}/federation/foreign/start`);
    const page = (await asked.response?.text()) ?? "";
    expect(page).not.toContain("<script");
    const { action, fields } = formOf(page);
    const back = await browser.open(action, { method: "POST", body: new URLSearchParams(fields) });
    const next = await oauth.authorizationCodeGrant(client, back.url, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    expect(next.claims()?.["email"]).toBe(`other-${person}@example.com`);
    await expect(oauth.refreshTokenGrant(client, tokens.refresh_token ?? "")).rejects.toThrow();
  });
});
