import { expect, test } from "vitest";
import { goodPassword, newEmail } from "./auth-accounts.ts";
import {
  addAuthenticator,
  arrive,
  codeOf,
  describeInBrowser,
  look,
  openAccount,
  press,
  signIn,
  signUp,
} from "./auth-accounts-visitors.ts";

/*
 * Keeping one's account, in a real browser on the real service; see auth-accounts-browser.integration.test.ts.
 */
describeInBrowser("people", (world, visit) => {
  test("make a passkey, sign in with it alone, and remove it", async () => {
    const visitor = await visit();
    const { page, authorize } = visitor;
    await addAuthenticator(page, { suggests: false });
    const email = await signUp(world(), visitor);
    await openAccount(world(), page, "/passkeys");
    await look(page);
    await page.getByLabel("Name of the new passkey").fill("Laptop");
    await press(page, "Add a passkey");
    await page.waitForURL(/done=passkey/);
    await look(page);
    await press(page, /^Sign out$/);
    await authorize("web", { prompt: "login" });
    for (let n = 0; n < 7; n++) await signIn(page, email, "a-wrong-password-1");
    expect(await page.getByRole("alert").first().textContent()).toMatch(/Try again in \d+ seconds/);
    await press(page, "Use a passkey"); // which no number of guesses slows down
    await page.waitForURL(/\/callback\?code=/);
    await openAccount(world(), page);
    await press(page, "Remove Laptop");
    await page.waitForURL(/done=passkey-removed/);
    await authorize("web", { prompt: "login" });
    await press(page, "Use a passkey");
    await arrive(page, "That is not allowed");
    await look(page);
  });

  test("set an authenticator app up, ask for its codes, and let recovery codes in", async () => {
    const visitor = await visit();
    const { page, authorize } = visitor;
    const email = await signUp(world(), visitor);
    await openAccount(world(), page, "/totp");
    await look(page);
    const secret = ((await page.locator(".secret").textContent()) ?? "").replaceAll(" ", "");
    await page.getByLabel("The code your app shows now").fill("000000");
    await press(page, "Put it in force");
    await look(page);
    await page.getByLabel("The code your app shows now").fill(codeOf(secret, -1));
    await press(page, "Put it in force");
    await arrive(page, "Your recovery codes");
    await look(page);
    const codes = await page.locator(".codes li").allTextContents();
    expect(codes).toHaveLength(10);
    await page.getByRole("link", { name: "I have kept them" }).click();
    await authorize("web", { prompt: "login" });
    await page.getByLabel("Stay signed in").uncheck();
    await signIn(page, email);
    await arrive(page, "Second step");
    await look(page);
    await page.getByLabel("Code from your authenticator app").fill("000000");
    await press(page, "Continue");
    expect(await page.getByRole("alert").first().textContent()).toMatch(/not right/);
    await page.getByLabel("Code from your authenticator app").fill(codeOf(secret));
    await press(page, "Continue");
    await page.waitForURL(/\/callback\?code=/);
    const session = (await page.context().cookies(world().origin)).find(({ name }) => name === "__Host-session");
    expect(session).toMatchObject({ expires: -1, httpOnly: true, secure: true, sameSite: "Lax" }); // gone with the browser
    await authorize("web", { prompt: "login" });
    await signIn(page, email);
    await page.getByRole("link", { name: "Use a recovery code" }).click();
    await look(page);
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await press(page, "Continue");
    await page.waitForURL(/\/callback\?code=/);
    await openAccount(world(), page, "/totp");
    expect(await page.locator("main").textContent()).toContain("9 recovery codes left");
    await look(page);
    await press(page, "Remove the app");
    await page.waitForURL(/done=totp-removed/);
  });

  test("show where one is signed in, and sign out there, elsewhere and here", async () => {
    const [home, away] = [await visit(), await visit()];
    const email = await signUp(world(), home);
    await away.authorize();
    await signIn(away.page, email);
    await away.page.waitForURL(/\/callback\?code=/);
    await openAccount(world(), home.page);
    await look(home.page);
    await press(home.page, /^Sign out Chrome/);
    await home.page.waitForURL(/done=session/);
    await openAccount(world(), away.page);
    await arrive(away.page, "Sign in");
    await signIn(away.page, email);
    await away.page.waitForURL(/\/auth\/account/);
    await press(home.page, "Sign out everywhere else");
    await openAccount(world(), away.page);
    await arrive(away.page, "Sign in");
    await press(home.page, /^Sign out$/);
    await arrive(home.page, "You are signed out");
    await look(home.page);
    await openAccount(world(), home.page);
    await arrive(home.page, "Sign in");
  });

  test("change the password and the address, and delete the account", async () => {
    const visitor = await visit();
    const { page } = visitor;
    const email = await signUp(world(), visitor);
    await openAccount(world(), page, "/password");
    await look(page);
    await page.getByLabel("Present password").fill("not my password");
    await page.getByLabel("New password").fill("marble-otter-compass-5");
    await press(page, "Change the password");
    expect(await page.locator("#current-problem").textContent()).toMatch(/not your present/);
    await page.getByLabel("Present password").fill(goodPassword);
    await page.getByLabel("New password").fill("marble-otter-compass-5");
    await press(page, "Change the password");
    await page.waitForURL(/done=password/);
    await openAccount(world(), page, "/email");
    await look(page);
    const moved = newEmail("moved");
    await page.getByLabel("New e-mail address").fill(moved);
    await press(page, "Change the address");
    for (const [to, subject] of [
      [email, /about to change/],
      [moved, /new address/],
    ] as const) {
      await page.goto((await world().mail.next(to, subject)).link("/email/agree"));
      await look(page);
      await press(page, "Agree");
      await look(page);
    }
    await arrive(page, "Your address is changed");
    await openAccount(world(), page, "/delete");
    await look(page);
    await page.getByLabel(/to confirm/).fill("delete");
    await press(page, "Delete the account");
    await arrive(page, "Your account is deleted");
    await look(page);
    await openAccount(world(), page);
    await arrive(page, "Sign in");
  });
});
