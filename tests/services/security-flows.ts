import { randomUUID } from "node:crypto";
import * as oauth from "openid-client";
import { Secret, TOTP } from "otpauth";
import { eventually } from "./daemons.ts";
import { connect } from "./realtime.ts";
import { beginSignIn, callAs, createOrganisation, signIn, signUp, submit, type Person } from "./security-people.ts";
import type { SecurityWorld } from "./security-world.ts";

/** Remembers secrets that somebody has come by, by what they are. */
export type Keep = (what: string, ...values: (string | undefined)[]) => void;

/** Somebody does all that there is to do with secrets, on every service; `keep` hears of each. */
export async function walkThrough(world: SecurityWorld, keep: Keep): Promise<Person> {
  keep("setting", ...world.secrets);
  const signedUp = await signUp(world);
  keepPerson(keep, signedUp);
  await guess(world, signedUp, keep);
  const person = await chooseAnotherPassword(world, signedUp, keep);
  const organisationId = await createOrganisation(person);
  await useFactors(world, person, keep);
  await useKeys(world, person, organisationId, keep);
  await useProduct(world, person, organisationId, keep);
  keepPerson(keep, person);
  keep("cookie", ...person.browser.cookies.map(({ value }) => value));
  for (const { text, html } of world.mail.mails) {
    keep("mail", ...text.split("\n").filter((line) => line.trim().length > 20));
    keep("token of a mail", ...[...(text + html).matchAll(/token=([\w-]+)/g)].map(([, token]) => token));
  }
  return person;
}

function keepPerson(keep: Keep, { password, tokens }: Person): void {
  keep("password", password);
  keep("token", tokens.access_token, tokens.id_token, tokens.refresh_token);
}

/** A wrong password, a code that was used, tokens that are not what they are given for. */
async function guess(world: SecurityWorld, { browser, email, tokens, password }: Person, keep: Keep): Promise<void> {
  const wrong = `wrong-${randomUUID()}`;
  const request = await beginSignIn(world, { prompt: "login" });
  const { url } = await browser.open(request.url);
  await submit(browser, url, { email, password: wrong });
  const { url: back } = await submit(browser, url, { email, password });
  await request.exchange(back);
  await request.exchange(back).catch(() => undefined);
  keep("code", wrong, request.verifier, request.state, back.searchParams.get("code") ?? undefined);
  const token = (form: Record<string, string>) =>
    world.fetch("/auth/token", { method: "POST", body: new URLSearchParams({ client_id: "web", ...form }) });
  await token({ grant_type: "refresh_token", refresh_token: tokens.access_token });
  const basic = Buffer.from(`${randomUUID()}:${wrong}`).toString("base64");
  keep("basic", basic);
  await world.fetch("/auth/introspect", {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ token: tokens.access_token }),
  });
}

async function chooseAnotherPassword(world: SecurityWorld, person: Person, keep: Keep): Promise<Person> {
  const { browser, email } = person;
  await submit(browser, `${world.origin}/auth/password/forgot`, { email });
  const reset = (await world.mail.next(email, /password/i)).link("/password/reset");
  const again = { ...person, password: `another-${randomUUID()}` };
  await submit(browser, reset, { password: again.password });
  const signedIn = await signIn(world, again);
  const { client } = await beginSignIn(world);
  const next = await oauth.refreshTokenGrant(client, signedIn.tokens.refresh_token ?? "");
  keep("refreshed token", next.access_token, next.refresh_token);
  return signedIn;
}

/** An authenticator app and its recovery codes. */
async function useFactors(world: SecurityWorld, { browser }: Person, keep: Keep): Promise<void> {
  const address = `${world.origin}/auth/account/totp`;
  const page = (await (await browser.request(address)).text()).replaceAll(" ", "");
  const secret = /class="secret">(\w+)</.exec(page)?.[1] ?? "";
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const { page: shown } = await submit(browser, address, { code });
  const codes = [...shown.matchAll(/<li>([0-9A-Z-]{20,})<\/li>/g)].map(([, one]) => one);
  if (codes.length !== 10) throw new Error(`no recovery codes:\n${shown}`);
  keep("authenticator", secret, ...codes);
}

/** API keys, good and bad ones, a token of the device flow, an invitation. */
async function useKeys(world: SecurityWorld, person: Person, organisationId: string, keep: Keep): Promise<void> {
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const key = { name: "A key", permissions: ["project:read"], expiresAt };
  const { body } = await person.call("POST", `/auth/organisations/${organisationId}/api-keys`, key);
  const secret = String(body["secret"]);
  const bad = `plk_${"x".repeat(20)}${secret.slice(24)}`;
  keep("key", secret, bad);
  for (const credential of [secret, bad, person.tokens.id_token ?? ""]) {
    await callAs(world, `Bearer ${credential}`)("GET", `/api/organisations/${organisationId}/projects`);
  }
  await person.call("POST", `/auth/organisations/${organisationId}/invitations`, {
    email: "friend@example.com",
    role: "viewer",
  });
  await world.mail.next("friend@example.com", /./);
  const device = await world.fetch("/auth/device/authorization", {
    method: "POST",
    body: new URLSearchParams({ client_id: "cli", scope: "openid platform" }),
  });
  const codes = (await device.json()) as { device_code: string; user_code: string };
  keep("device code", codes.device_code, codes.user_code);
}

/** Files, webhooks that cannot be delivered, a socket, and requests that are refused. */
async function useProduct(world: SecurityWorld, person: Person, organisationId: string, keep: Keep): Promise<void> {
  const root = `/api/organisations/${organisationId}`;
  const url = `http://127.0.0.1:1/hook?key=${randomUUID()}`;
  const { body: webhook } = await person.call("POST", `${root}/webhooks`, { url, events: ["task.created"] });
  keep("webhook", String(webhook["secret"]), new URL(url).searchParams.get("key") ?? undefined);
  const { body: project } = await person.call("POST", `${root}/projects`, { key: "PLAN", name: "A project" });
  const { body: task } = await person.call("POST", `${root}/projects/${String(project["id"])}/tasks`, {
    title: "What we plan is nobody's business",
  });
  keep("content", "What we plan is nobody's business");
  const file = { name: "a.txt", contentType: "text/plain", size: 5 };
  const { body: made } = await person.call("POST", `${root}/tasks/${String(task["id"])}/attachments`, file);
  const upload = made["upload"] as { url: string; headers: Record<string, string> };
  keep("signature", new URL(upload.url).searchParams.get("X-Amz-Signature") ?? undefined);
  await fetch(upload.url, { method: "PUT", headers: upload.headers, body: "hello" });
  await person.call("POST", `${root}/tasks/${String(task["id"])}/attachments/${String(made["id"])}/complete`);
  await eventually(async () => {
    const { body } = await person.call("GET", `${root}/webhooks/${String(webhook["id"])}/deliveries`);
    if ((body["items"] as { attempts: number }[])[0]?.attempts === 0) throw new Error("not tried yet");
  });
  const { realtime } = world.services;
  using _ = await connect(realtime, person.tokens.access_token);
  for (const token of [undefined, `${person.tokens.access_token}x`])
    await connect(realtime, token).catch(() => undefined);
  await refusals(world, person, root, keep);
}

/** What is wrong is told to who sent it, and to nobody else. */
async function refusals(world: SecurityWorld, person: Person, root: string, keep: Keep): Promise<void> {
  const wrong = `secret-${randomUUID()}`;
  keep("wrong input", wrong);
  const headers = { authorization: `Bearer ${person.tokens.access_token}`, "content-type": "application/json" };
  const broken = `{"password": "${wrong}`;
  await world.fetch(`${root}/projects`, { method: "POST", headers, body: broken });
  await person.call("POST", `${root}/projects`, { key: wrong, name: wrong, password: wrong });
  await person.call("GET", `${root}/projects?token=${wrong}`);
  await world.fetch(`/api/${wrong}%0d%0a{"level":"forged"}`, { headers: { "user-agent": 'x", "msg": "forged' } });
  const elsewhere = `/api/organisations/${randomUUID()}/projects`;
  const where = { "x-forwarded-for": "203.0.113.9, 198.51.100.7", "x-request-id": "a-refusal" };
  await world.fetch(elsewhere, { headers: { ...headers, ...where } });
}
