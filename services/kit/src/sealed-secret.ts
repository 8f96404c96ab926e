import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";

/*
 * Secrets that have to be read again (a webhook's, to sign with), kept so that who has only the database has nothing.
 * AES-256-GCM, NIST SP 800-38D: 96-bit random nonce, 128-bit tag.
 */

const version = "v1";
const nonceLength = 12;
const tagLength = 16;

/** A key of 32 bytes in base64. */
export const sealingKey = z
  .base64()
  .transform((text) => Buffer.from(text, "base64"))
  .refine((key) => key.length === 32, "is not 32 bytes in base64");

/**
 * Encrypts `secret`. `purpose` says which row and column it is for and must be the same when it is opened: a sealed
 * secret copied elsewhere does not open there.
 */
export function seal(key: Buffer, purpose: string, secret: string): string {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${version}.${sealed.toString("base64url")}`;
}

/** @throws Error when it was sealed with another key or for another purpose, or changed since. */
export function unseal(key: Buffer, purpose: string, text: string): string {
  const [found, body = ""] = text.split(".");
  const bytes = Buffer.from(body, "base64url");
  if (found !== version || bytes.length < nonceLength + tagLength) throw new Error("not a sealed secret");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceLength), { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  return decipher.update(bytes.subarray(nonceLength, -tagLength), undefined, "utf8") + decipher.final("utf8");
}
