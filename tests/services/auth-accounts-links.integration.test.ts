import { expect, test } from "vitest";
import { addAuthenticator, describeInBrowser, openAccount, press, signUp } from "./auth-accounts-visitors.ts";

/*
 * Ways in and ways back, in a real browser on the real service: accounts elsewhere, passkeys the browser suggests,
 * invitations. See auth-accounts-browser.integration.test.ts.
 */

describeInBrowser("people", (world, visit) => {
  test("are suggested their passkey where they type the address", async () => {
    const visitor = await visit();
    const { page, authorize } = visitor;
    const authenticator = await addAuthenticator(page, { suggests: true });
    await signUp(world(), visitor);
    await openAccount(world(), page, "/passkeys");
    await press(page, "Add a passkey");
    await page.waitForURL(/done=passkey/);
    await press(page, /^Sign out$/);
    await authorize();
    await page.waitForURL(/\/callback\?code=/); // chosen at once by an authenticator that says yes
    await authenticator.confirms(false);
    await authorize("web", { prompt: "login" });
    expect(await page.getByLabel("E-mail address").getAttribute("autocomplete")).toBe("username webauthn");
    await page.waitForLoadState("networkidle"); // the suggestion waits
    await authenticator.confirms(true);
    await press(page, "Use a passkey"); // and does not stand in the way of the button
    await page.waitForURL(/\/callback\?code=/);
  });
});
