import { randomBytes } from "node:crypto";
import * as oauth from "openid-client";
import { formOf, openBrowser, type Browser } from "../../harness/browser.ts";
import type { Client } from "./client.ts";
import { askPlain } from "./client.ts";

/** Where a platform's people sign up: what `purlin outputs` says. */
export interface Place {
  gateway: { url: string };
  mail: { url: string };
}

export interface Person {
  email: string;
  password: string;
  /** Access token with all that the person may do. */
  token: string;
  /** Good once: it changes at each use. */
  refreshToken: string;
  /** Where they are signed in. */
  browser: Browser;
}

/**
 * Signs somebody new up as a browser would: the form, the link in the caught mail, and the code flow with PKCE that began
 * it. A platform that was just started is given time to take the mail.
 */
export async function signUp(client: Client, place: Place): Promise<Person> {
  const email = `${randomBytes(6).toString("hex")}@example.com`;
  const password = randomBytes(16).toString("base64url");
  const { browser, interaction, finish } = await startCodeFlow(client, place);
  await submit(browser, new URL(`${interaction.href}/register`), { displayName: "A person", email, password });
  const confirmed = await submit(browser, await linkTo(place.mail.url, email), { password });
  const next = /href="([^"]*\/interaction\/[^"]*)"/.exec(confirmed)?.[1];
  if (next === undefined) throw new Error(`the account was not confirmed:\n${confirmed}`);
  const back = await browser.open(new URL(next, place.gateway.url));
  return { email, password, browser, ...(await finish(back.url)) };
}

/** Signs somebody in again, with their password, in a browser that does not know them. */
export async function signIn(client: Client, place: Place, { email, password }: Person): Promise<Person> {
  const { browser, interaction, finish } = await startCodeFlow(client, place);
  const { url, response } = await submitForm(browser, interaction, { email, password });
  if (response) throw new Error(`${url.href} answered ${response.status}:\n${await response.text()}`);
  return { email, password, browser, ...(await finish(url)) };
}

/** Begins the authorization code flow with PKCE; `finish` takes the address it ended at and fetches the tokens. */
async function startCodeFlow(client: Client, { gateway }: Place) {
  const callback = `${gateway.url}/callback`;
  const browser = openBrowser({
    fetch: fetchThrough(client),
    outside: ({ href }) => href.startsWith(callback),
  });
  const configuration = await oauth.discovery(new URL(`${gateway.url}/auth`), "web", undefined, oauth.None(), {
    [oauth.customFetch]: (url, init) => fetchThrough(client)(new URL(url), init as RequestInit),
  });
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const authorization = oauth.buildAuthorizationUrl(configuration, {
    redirect_uri: callback,
    scope: "openid email platform",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const { url: interaction } = await browser.open(authorization);
  const finish = async (back: URL) => {
    const tokens = await oauth.authorizationCodeGrant(configuration, back, { pkceCodeVerifier, expectedState: state });
    if (tokens.refresh_token === undefined) throw new Error("there is no refresh token");
    return { token: tokens.access_token, refreshToken: tokens.refresh_token };
  };
  return { browser, interaction, finish };
}

/** An organisation of somebody's own, and a key that may do all that projects, tasks and attachments need. */
export interface Team {
  organisationId: string;
  /** `plk_...`, sent as a bearer token. */
  key: string;
}

export async function makeTeam(client: Client, { token }: Person): Promise<Team> {
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const reply = await client.ask(path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (reply.status !== 201) throw new Error(`POST ${path} answered ${reply.status}: ${reply.body.toString()}`);
    return reply.json<T>();
  };
  const slug = `team-${randomBytes(6).toString("hex")}`;
  const { id } = await post<{ id: string }>("/auth/organisations", { name: "A team", slug });
  const { secret } = await post<{ secret: string }>(`/auth/organisations/${id}/api-keys`, {
    name: "tests",
    permissions: ["project:read", "project:write", "task:read", "task:write", "attachment:write"],
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  });
  return { organisationId: id, key: secret };
}

/** Sends the form of a page, filled in; gives the page that answers. */
export async function submit(browser: Browser, page: URL, typed: Record<string, string>): Promise<string> {
  const { response } = await submitForm(browser, page, typed);
  const answer = (await response?.text()) ?? "";
  if (response?.status !== 200) throw new Error(`${page.href} answered ${response?.status}:\n${answer}`);
  return answer;
}

/** Sends the form of a page, filled in, and follows where that leads. */
async function submitForm(browser: Browser, page: URL, typed: Record<string, string>) {
  const shown = await browser.open(page);
  const { action, fields } = formOf((await shown.response?.text()) ?? "");
  return browser.open(new URL(action, page), {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: page.origin,
      "sec-fetch-site": "same-origin",
    },
    body: new URLSearchParams({ ...fields, ...typed }).toString(),
  });
}

/** The link of the latest mail to an address that leads below `path`, once there is one. */
export async function linkTo(mailUrl: string, email: string, path = "/"): Promise<URL> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { messages } = (await askPlain(`${mailUrl}/messages?to=${email}`)).json<{ messages: { id: string }[] }>();
    for (const { id } of messages) {
      const { text } = (await askPlain(`${mailUrl}/messages/${id}`)).json<{ text: string }>();
      const link = /https:\/\/\S+/.exec(text)?.[0];
      if (link !== undefined && new URL(link).pathname.includes(path)) return new URL(link);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail to ${email} with a link to ${path} was caught`);
}

/** The client as the fetch that libraries want; it trusts the stack's authority, which Node's own does not. */
function fetchThrough(client: Client): (url: URL, init: RequestInit) => Promise<Response> {
  return async (url, { method = "GET", headers, body }) => {
    const reply = await client.ask(url.href, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(body != null && { body: await new Response(body).text() }),
    });
    const received = Object.entries(reply.headers).flatMap(([name, value = ""]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    );
    const empty = reply.status === 204 || reply.status === 304;
    return new Response(empty ? null : new Uint8Array(reply.body), { status: reply.status, headers: received });
  };
}
