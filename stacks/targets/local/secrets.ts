import { hkdfSync } from "node:crypto";
import { secret, type Output } from "@pulumi/pulumi";

/**
 * The secret of `key`, derived from the stack's master key: the same for the stack's life, unrelated to any other.
 * 24 bytes of HKDF-SHA256 (RFC 5869) as base64url: 32 characters that need no escaping in URLs, SQL or shells.
 */
export function deriveSecret(masterKey: string, key: string): string {
  return Buffer.from(hkdfSync("sha256", masterKey, "purlin", key, 24)).toString("base64url");
}

/** Like `deriveSecret`, marked so that Pulumi encrypts it in the state and masks it in events. */
export function secretsOf(masterKey: string): (key: string) => Output<string> {
  return (key) => secret(deriveSecret(masterKey, key));
}

/** A key for AES-256 or HMAC, derived like a secret: 32 bytes in base64 (RFC 4648, section 4). */
export function deriveKey(masterKey: string, name: string): string {
  return Buffer.from(hkdfSync("sha256", masterKey, "purlin", `key/${name}`, 32)).toString("base64");
}

/** Like `deriveKey`, marked as a secret. */
export function keysOf(masterKey: string): (name: string) => Output<string> {
  return (name) => secret(deriveKey(masterKey, name));
}
