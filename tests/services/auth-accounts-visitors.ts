import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { goodPassword, newEmail } from "./auth-accounts.ts";
import { inspect, noBrowser, startBrowserWorld, type BrowserWorld, type Visitor } from "./auth-accounts-browser.ts";

/*
 * What people do on the pages, for tests in a real browser.
 */

/** Gives a visitor to each who asks. What their browsers complained about by the end of the test fails it. */
export type Visit = (options?: Parameters<BrowserWorld["open"]>[0]) => Promise<Visitor>;

/** Tests on the real service with a real browser; skipped, with the reason, where there is none. */
export function describeInBrowser(name: string, tests: (world: () => BrowserWorld, visit: Visit) => void): void {
  if (noBrowser !== undefined) console.warn(`skipped: ${noBrowser}`);
  describe.skipIf(noBrowser !== undefined)(name, () => {
    let world: BrowserWorld;
    let visitors: Visitor[] = [];
    beforeAll(async () => {
      world = await startBrowserWorld();
    });
    afterEach(async () => {
      const complaints = visitors.flatMap((visitor) => visitor.complaints);
      await Promise.all(visitors.map((visitor) => visitor.close()));
      visitors = [];
      expect(complaints).toEqual([]);
    });
    afterAll(() => world[Symbol.asyncDispose]());
    tests(
      () => world,
      async (options = {}) => {
        const visitor = await world.open(options);
        visitors.push(visitor);
        return visitor;
      },
    );
  });
}

/** The page is accessible as it is now. */
export async function look(page: Page): Promise<void> {
  expect(await inspect(page)).toEqual([]);
}

/** Waits for the page with this heading. */
export async function arrive(page: Page, title: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
}

export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name }).first().click();
}

export async function signIn(page: Page, email: string, password = goodPassword): Promise<void> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

/** Signs up through the pages, up to the client; gives the address. */
export async function signUp(world: BrowserWorld, { page, authorize }: Visitor): Promise<string> {
  const email = newEmail();
  await authorize();
  await page.getByRole("link", { name: "Create an account" }).click();
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(goodPassword);
  await press(page, "Create an account");
  const mail = await world.mail.next(email, /Confirm your address/);
  await page.goto(mail.link("/register/confirm"));
  await page.getByLabel("Password", { exact: true }).fill(goodPassword);
  await press(page, "Confirm");
  await page.getByRole("link", { name: "Continue" }).click();
  await page.waitForURL(/\/callback\?code=/);
  return email;
}

export async function openAccount(world: BrowserWorld, page: Page, path = ""): Promise<void> {
  await page.goto(`${world.origin}/auth/account${path}`);
}

/**
 * A phone or computer that makes passkeys and says yes to whatever asks; `confirms` has it answer or not from then on.
 * Without `suggests` the browser is one that does not suggest passkeys: it would choose by itself.
 */
export async function addAuthenticator(page: Page, { suggests }: { suggests: boolean }) {
  if (!suggests) await page.addInitScript("delete PublicKeyCredential.isConditionalMediationAvailable");
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  return {
    confirms: (enabled: boolean) =>
      devtools.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }),
  };
}

/** The code an authenticator app shows, `steps` half minutes from now. */
export function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });
}
