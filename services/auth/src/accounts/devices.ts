import type { Vault } from "./secrets.ts";

/*
 * Device cookies (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): a browser in which an account's owner
 * has signed in keeps a signed note of it. Its guesses are counted apart, so that a stranger who keeps guessing slows down
 * strangers and not the owner. The note proves nothing else.
 */

/** Seconds. */
export const deviceLifetime = 180 * 24 * 3600;

/** A note that the owner of `account` has signed in here. */
export function issueDevice(vault: Vault, account: string, nonce: string): string {
  return `${nonce}.${vault.sign(`device ${nonce} ${account}`)}`;
}

/** The name of this browser when `note` is ours and about `account`. */
export function readDevice(vault: Vault, account: string, note: string | undefined): string | undefined {
  const [nonce, signature] = (note ?? "").split(".");
  if (!nonce || !signature) return undefined;
  return vault.verifies(`device ${nonce} ${account}`, signature) ? nonce : undefined;
}
