import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { seal, unseal } from "@purlin/kit/sealed-secret";

/** A token of 256 random bits for a link in a mail. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What is kept of a token. Plain sha256 is enough: there is nothing to guess in 256 random bits. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Encrypts what has to be read back, and signs what a browser keeps for us. */
export interface Vault {
  /** `purpose` says which row and column it is for, see the kit's sealed-secret.ts. */
  seal: (purpose: string, plain: string) => string;
  /** @throws Error when it was sealed with another key or for another purpose */
  open: (purpose: string, sealed: string) => string;
  sign: (text: string) => string;
  verifies: (text: string, signature: string) => boolean;
}

/** `key`: 32 bytes. What signs is derived from it, so that one key has one use. */
export function createVault(key: Buffer): Vault {
  const signing = Buffer.from(hkdfSync("sha256", key, "", "accounts signing", 32));
  const sign = (text: string) => createHmac("sha256", signing).update(text).digest("base64url");
  return {
    seal: (purpose, plain) => seal(key, purpose, plain),
    open: (purpose, sealed) => unseal(key, purpose, sealed),
    sign,
    verifies: (text, signature) => {
      const [expected, given] = [Buffer.from(sign(text)), Buffer.from(signature)];
      return expected.length === given.length && timingSafeEqual(expected, given);
    },
  };
}
