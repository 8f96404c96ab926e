import { randomUUID } from "node:crypto";
import * as oauth from "openid-client";
import { formOf, openBrowser, type Browser } from "../harness/browser.ts";
import { goodPassword, newEmail } from "./auth-accounts.ts";
import type { SecurityWorld } from "./security-world.ts";

/*
 * People of the real auth service, who do what a browser would do for them.
 */
export interface Person {
  email: string;
  password: string;
  browser: Browser;
  tokens: oauth.TokenEndpointResponse & oauth.TokenEndpointResponseHelpers;
  /** A request with the access token; `path` below the platform's origin. */
  call: (method: string, path: string, body?: object) => Promise<{ status: number; body: Record<string, unknown> }>;
}

/** Signs somebody up by mail, up to the client, which gets its tokens. */
export async function signUp(world: SecurityWorld): Promise<Person> {
  const { email, password } = { email: newEmail("person"), password: `${goodPassword}-${randomUUID()}` };
  const browser = openBrowser({ fetch: world.fetch, outside: ({ href }) => href.startsWith(callbackOf(world)) });
  const request = await beginSignIn(world);
  const { url: interaction } = await browser.open(request.url);
  await submit(browser, `${interaction.href}/register`, { displayName: "A person", email, password });
  const { link } = await world.mail.next(email, /Confirm your address/);
  const confirmed = await submit(browser, link("/register/confirm"), { password });
  const next = /href="([^"]*\/interaction\/[^"]*)"/.exec(confirmed.page)?.[1] ?? "";
  const back = await browser.open(new URL(next, world.origin));
  const tokens = await request.exchange(back.url);
  return { email, password, browser, tokens, call: callAs(world, `Bearer ${tokens.access_token}`) };
}

/** Signs in with the password. */
export async function signIn(world: SecurityWorld, person: Person): Promise<Person> {
  const request = await beginSignIn(world, { prompt: "login" });
  const { url } = await person.browser.open(request.url);
  const back = await submit(person.browser, url, { email: person.email, password: person.password });
  const tokens = await request.exchange(back.url);
  return { ...person, tokens, call: callAs(world, `Bearer ${tokens.access_token}`) };
}

/** An authorisation request of the web client, and what makes tokens of the answer. */
export async function beginSignIn(world: SecurityWorld, parameters: Record<string, string> = {}) {
  const client = await oauth.discovery(new URL(`${world.origin}/auth`), "web", undefined, oauth.None(), {
    [oauth.customFetch]: (url, init) => world.fetch(url, init as RequestInit),
  });
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const expectedState = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: callbackOf(world),
    scope: "openid email platform",
    state: expectedState,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...parameters,
  });
  const exchange = (back: URL) => oauth.authorizationCodeGrant(client, back, { pkceCodeVerifier, expectedState });
  return { url, client, verifier: pkceCodeVerifier, state: expectedState, exchange };
}

function callbackOf({ origin }: SecurityWorld): string {
  return `${origin}/callback`;
}

/** Sends requests as JSON with these credentials. */
export function callAs(world: SecurityWorld, authorization: string): Person["call"] {
  return async (method, path, body) => {
    const answer = await world.fetch(`${world.origin}${path}`, {
      method,
      headers: { authorization, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
}

/** Sends the first form of a page, filled in. */
export async function submit(
  browser: Browser,
  address: string | URL,
  typed: Record<string, string>,
): Promise<{ status: number; url: URL; page: string }> {
  const shown = await browser.open(address);
  const { action, fields } = formOf((await shown.response?.text()) ?? "");
  const { response, url } = await browser.open(new URL(action, shown.url), {
    method: "POST",
    body: new URLSearchParams({ ...fields, ...typed }),
  });
  return { status: response?.status ?? 0, url, page: (await response?.text()) ?? "" };
}

/** An organisation of somebody's own; gives its id. */
export async function createOrganisation(person: Person): Promise<string> {
  const slug = `team-${randomUUID().slice(0, 12)}`;
  const { status, body } = await person.call("POST", "/auth/organisations", { name: "A team", slug });
  if (status !== 201) throw new Error(`the organisation was not made: ${JSON.stringify(body)}`);
  return String(body["id"]);
}
