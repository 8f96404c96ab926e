import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { goodPassword, newEmail } from "./auth-accounts.ts";
import type { BrowserWorld } from "./auth-accounts-browser.ts";
import {
  addAuthenticator,
  arrive,
  describeInBrowser,
  look,
  openAccount,
  press,
  signUp,
} from "./auth-accounts-visitors.ts";
import { createOrganisation, createSubject } from "./tenants.ts";

/*
 * Ways in and ways back, in a real browser on the real service: accounts elsewhere, passkeys the browser suggests,
 * invitations. See auth-accounts-browser.integration.test.ts.
 */

/** The link of an invitation's mail. */
async function invite({ daemons, origin }: BrowserWorld, email: string): Promise<string> {
  const inviter = await createSubject(daemons, "Grace");
  const organisation = await createOrganisation(daemons, "Engines", inviter);
  const token = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(token).digest("hex");
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.invitations (organisation_id, email, role, token_hash, invited_by, expires_at)
     VALUES ('${organisation}', '${email}', 'viewer', '\\x${hash}', '${inviter}', now() + interval '1 day')`,
  );
  return `${origin}/auth/invitation?token=${token}`;
}

describeInBrowser("people", (world, visit) => {
  test("link an account elsewhere, sign in with it, and unlink it", async () => {
    const visitor = await visit();
    const { page, authorize } = visitor;
    const email = await signUp(world(), visitor);
    await world().foreign.person({ sub: email, email: newEmail("elsewhere") }); // whatever its address
    await openAccount(world(), page, "/identities");
    await look(page);
    await page.getByRole("link", { name: "Link Elsewhere" }).click();
    await page.waitForURL(/done=linked/);
    await world().mail.next(email, /an account at Elsewhere can sign in/);
    await look(page);
    await press(page, /^Sign out$/);
    await authorize();
    await page.getByRole("link", { name: "Continue with Elsewhere" }).click();
    await page.waitForURL(/\/callback\?code=/);
    await openAccount(world(), page);
    expect(await page.locator("main").textContent()).toContain(email);
    await press(page, /^Unlink Elsewhere/);
    await page.waitForURL(/done=unlinked/);
    await world().mail.next(email, /an account at Elsewhere can no longer sign in/);
    const audited = await world().daemons.sqlIn(
      "app",
      `SELECT e.action FROM platform.audit_events e JOIN access.subjects s ON s.id = e.target_id::uuid
       WHERE s.email = '${email}' AND e.action LIKE 'identity.%' ORDER BY e.id`,
    );
    expect(audited).toEqual([{ action: "identity.linked" }, { action: "identity.unlinked" }]);
  });

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

  test("come back to an invitation by themselves once they have signed up", async () => {
    const { page } = await visit();
    const email = newEmail("invited");
    await page.goto(await invite(world(), email));
    await arrive(page, "You are invited");
    await look(page);
    await page.getByRole("link", { name: "Go on" }).click();
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Your name").fill("Ada Lovelace");
    await page.getByLabel("Password", { exact: true }).fill(goodPassword);
    await press(page, "Create an account");
    await page.goto((await world().mail.next(email, /Confirm your address/)).link("/register/confirm"));
    await page.getByLabel("Password", { exact: true }).fill(goodPassword);
    await press(page, "Confirm");
    await page.getByRole("link", { name: "Continue" }).click();
    await arrive(page, "You are invited");
    await look(page);
    await press(page, "Accept");
    await arrive(page, "Welcome");
    await look(page);
  });
});
