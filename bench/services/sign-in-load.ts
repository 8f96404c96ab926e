import { Agent, request } from "node:http";
import { once } from "node:events";
import { z } from "zod";
import { openBrowser } from "../../tests/harness/browser.ts";

/*
 * People who type in their password at the same time, each in a browser that a client has sent to the sign-in page, and who come
 * back to it again and again. Writes how many a second got past it, and ends with an error when one does not.
 */
const settingsSchema = z.strictObject({
  url: z.string(),
  /** As the service calls itself. */
  issuer: z.string(),
  /** Of as many people. */
  emails: z.array(z.string()).min(1),
  password: z.string(),
  seconds: z.number(),
});
export type SignInLoad = z.input<typeof settingsSchema>;

const { url, issuer, emails, password, seconds } = settingsSchema.parse(JSON.parse(process.argv[2] ?? ""));
const forwarded = {
  "x-forwarded-proto": "https",
  "x-forwarded-host": new URL(issuer).host,
  "x-forwarded-prefix": "/auth",
};
const agent = new Agent({ keepAlive: true, maxSockets: emails.length });

interface Page {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A sign-in page in a browser of its own, at an address of its own. */
async function openPage(email: string, index: number): Promise<Page> {
  const browser = openBrowser({
    fetch: (to, init) => {
      const headers = new Headers(init.headers);
      for (const [name, value] of Object.entries(forwarded)) headers.set(name, value);
      return fetch(`${url}${to.pathname.replace(/^\/auth/, "")}${to.search}`, { ...init, headers });
    },
    outside: () => false,
  });
  const parameters = new URLSearchParams({
    ...{ client_id: "web", response_type: "code", scope: "openid", redirect_uri: `${new URL(issuer).origin}/callback` },
    ...{ code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256", state: "s" },
  });
  const answer = await browser.request(`${issuer}/authorize?${parameters.toString()}`);
  const uid = /\/interaction\/([^/]+)$/.exec(answer.headers.get("location") ?? "")?.[1];
  if (uid === undefined) throw new Error(`no sign-in page but ${answer.status}: ${await answer.text()}`);
  const cookie = browser.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return {
    path: `/interaction/${uid}/password`,
    headers: { ...forwarded, cookie, "x-forwarded-for": `10.1.0.${index}`, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ email, password }).toString(),
  };
}

async function signIn({ path, headers, body }: Page): Promise<void> {
  const form = { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) };
  const outgoing = request(`${url}${path}`, { method: "POST", agent, headers: { ...headers, ...form } });
  outgoing.end(body);
  const status = await new Promise<number>((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      answer.resume();
      void once(answer, "end").then(() => resolve(answer.statusCode ?? 0), reject);
    });
  });
  if (status !== 303) throw new Error(`a sign-in was answered ${status}`);
}

const pages = await Promise.all(emails.map(openPage));
process.stdout.write("begun\n");
const end = performance.now() + seconds * 1000;
let done = 0;
await Promise.all(
  pages.map(async (page) => {
    while (performance.now() < end) {
      await signIn(page);
      if (performance.now() < end) done++;
    }
  }),
);
process.stdout.write(JSON.stringify({ rate: done / seconds }));
agent.destroy();
