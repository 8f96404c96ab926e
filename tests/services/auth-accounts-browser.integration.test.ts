import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { expect, test } from "vitest";
import { goodPassword, newEmail } from "./auth-accounts.ts";
import type { BrowserWorld } from "./auth-accounts-browser.ts";
import { arrive, describeInBrowser, look, openAccount, press, signIn, signUp } from "./auth-accounts-visitors.ts";

/*
 * Signing up and in, in a real browser on the real service: every page is looked at by axe in both colour schemes, and nothing may
 * be complained about (scripts, the content security policy, failed requests).
 */
/** The status of a form sent by something that is no browser. */
async function post(world: BrowserWorld, url: string, headers: Record<string, string>, form: Record<string, string>) {
  const outgoing = request(url, {
    method: "POST",
    ca: world.certificate,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  outgoing.end(new URLSearchParams(form).toString());
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describeInBrowser("pages", (world, visit) => {
  test("lead from signing up by mail to the client, with what is wrong said beside its field", async () => {
    const { page, authorize } = await visit();
    await authorize();
    await arrive(page, "Sign in");
    await look(page);
    await page.getByRole("link", { name: "Create an account" }).click();
    await look(page);
    const email = newEmail();
    await page.getByLabel("Your name").fill(`Ada <script>alert(1)</script>`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill("password1234");
    await press(page, "Create an account");
    await look(page);
    const password = page.getByLabel("Password", { exact: true });
    expect(await password.getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator("#password-problem").textContent()).toMatch(/easy to guess/);
    expect(await page.getByLabel("Your name").inputValue()).toBe(`Ada <script>alert(1)</script>`);
    await password.fill(goodPassword);
    await press(page, "Create an account");
    await arrive(page, "Check your mail");
    await look(page);
    await page.goto((await world().mail.next(email, /Confirm your address/)).link("/register/confirm"));
    await look(page);
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await press(page, "Confirm");
    expect(await page.getByRole("alert").textContent()).toMatch(/not the password/);
    await page.getByLabel("Password", { exact: true }).fill(goodPassword);
    await press(page, "Confirm");
    await arrive(page, "Welcome");
    await look(page);
    await page.getByRole("link", { name: "Continue" }).click();
    await page.waitForURL(/\/callback\?code=/);
  });

  test("sign in, refuse and slow down without a script, saying the same of every address", async () => {
    const email = await signUp(world(), await visit());
    const { page, authorize } = await visit({ javaScriptEnabled: false });
    await authorize();
    const alerts = [];
    for (const address of [email, newEmail("nobody")]) {
      await signIn(page, address, "a-wrong-password-1");
      alerts.push(await page.getByRole("alert").first().textContent());
    }
    expect(alerts[0]).toBe(alerts[1]);
    expect(await page.getByRole("button", { name: "Use a passkey" }).isVisible()).toBe(false);
    await signIn(page, email);
    await page.waitForURL(/\/callback\?code=/);
    const stranger = await visit();
    await stranger.authorize();
    for (let n = 0; n < 7; n++) await signIn(stranger.page, email, "a-wrong-password-1");
    expect(await stranger.page.getByRole("alert").first().textContent()).toMatch(/Try again in \d+ seconds/);
    await look(stranger.page);
    await openAccount(world(), page, "/sign-out"); // the owner's browser is known, and not slowed down
    await authorize("web", { prompt: "login" });
    await arrive(page, "Sign in again");
    await signIn(page, email);
    await page.waitForURL(/\/callback\?code=/);
  });

  test("choose a new password by mail", async () => {
    const email = await signUp(world(), await visit());
    const { page, authorize } = await visit();
    await authorize();
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await look(page);
    await page.getByLabel("E-mail address").fill(email);
    await press(page, "Send the link");
    await look(page);
    const link = (await world().mail.next(email, /Choose a new password/)).link("/password/reset");
    await page.goto(link);
    await look(page);
    await page.getByLabel("New password").fill("marble-otter-compass-5");
    await press(page, "Change the password");
    await arrive(page, "Your password is changed");
    await look(page);
    await page.goto(link);
    await arrive(page, "This page is over");
    await look(page);
    await authorize();
    await signIn(page, email, "marble-otter-compass-5");
    await page.waitForURL(/\/callback\?code=/);
  });

  test("ask before a client that is not ours gets anything, and take no for an answer", async () => {
    const visitor = await visit();
    const { page, authorize } = visitor;
    await signUp(world(), visitor);
    await authorize("partner", { scope: "openid email", state: "a-state-of-the-client" });
    await arrive(page, "Allow Partner?");
    await look(page);
    await press(page, "Refuse");
    await page.waitForURL(/\/callback\?error=access_denied/);
    await authorize("partner", { scope: "openid email", state: "a-state-of-the-client" });
    await press(page, "Allow");
    await page.waitForURL(/\/callback\?code=/);
  });

  test("of the provider itself look and work the same", async () => {
    const { page } = await visit();
    for (const path of ["/device", "/authorize?client_id=nobody", "/sign-out", "/interaction/nothing"]) {
      await page.goto(`${world().origin}/auth${path}`);
      await look(page);
    }
  });

  test("cannot be framed, sniffed, kept or scripted, and send no address on", async () => {
    const { page, authorize } = await visit();
    const answer = page.waitForResponse(/\/interaction\/[^/]+$/);
    const style = page.waitForResponse(/\.css$/);
    await authorize();
    const headers = await (await answer).allHeaders();
    const policy = headers["content-security-policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(policy).toMatch(new RegExp(`form-action 'self' ${world().origin}`));
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    const body = await page.content();
    expect(body).not.toMatch(/\son\w+=|style=|javascript:/i);
    expect((await style).headers()["cache-control"]).toBe("public, max-age=31536000, immutable");
  });

  test("take forms from our own pages only", async () => {
    const { page, authorize } = await visit();
    await authorize();
    const target = `${page.url()}/password`;
    const send = async (headers: Record<string, string>) => {
      const cookie = (await page.context().cookies(target)).map(({ name, value }) => `${name}=${value}`).join("; ");
      return post(world(), target, { cookie, ...headers }, { email: "a@example.com", password: "x" });
    };
    expect(await send({ "sec-fetch-site": "cross-site", origin: world().origin })).toBe(403);
    expect(await send({ "sec-fetch-site": "same-site" })).toBe(403);
    expect(await send({ origin: "https://evil.test" })).toBe(403);
    expect(await send({ origin: "null" })).toBe(403);
    expect(await send({})).toBe(403);
    expect(await send({ "sec-fetch-site": "same-origin" })).toBe(422);
    expect(await send({ origin: world().origin })).toBe(422);
  });
});
