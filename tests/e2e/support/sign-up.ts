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
  /** Where they are signed in. */
  browser: Browser;
}

/**
 * Signs somebody new up as a browser would: the form, the link in the caught mail, and the code flow with PKCE that began
 * it. A platform that was just started is given time to take the mail.
 */
export async function signUp(client: Client, { gateway, mail }: Place): Promise<Person> {
  const email = `${randomBytes(6).toString("hex")}@example.com`;
  const password = randomBytes(16).toString("base64url");
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

  const interaction = await browser.open(authorization);
  await submit(browser, new URL(`${interaction.url.href}/register`), { displayName: "A person", email, password });
  const confirmed = await submit(browser, await linkTo(mail.url, email), { password });
  const next = /href="([^"]*\/interaction\/[^"]*)"/.exec(confirmed)?.[1];
  if (next === undefined) throw new Error(`the account was not confirmed:\n${confirmed}`);
  const back = await browser.open(new URL(next, gateway.url));
  const tokens = await oauth.authorizationCodeGrant(configuration, back.url, {
    pkceCodeVerifier,
    expectedState: state,
  });
  return { email, password, token: tokens.access_token, browser };
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
  const shown = await browser.open(page);
  const { action, fields } = formOf((await shown.response?.text()) ?? "");
  const { response } = await browser.open(new URL(action, page), {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: page.origin,
      "sec-fetch-site": "same-origin",
    },
    body: new URLSearchParams({ ...fields, ...typed }).toString(),
  });
  const answer = (await response?.text()) ?? "";
  if (response?.status !== 200) throw new Error(`${page.href} answered ${response?.status}:\n${answer}`);
  return answer;
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
