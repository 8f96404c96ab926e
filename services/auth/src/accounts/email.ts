import { domainToASCII } from "node:url";
import { z } from "zod";

/** An address as people write it, without the space around it. At most 254 characters (RFC 5321, 4.5.3.1.3). */
export const emailField = z
  .string()
  .trim()
  .max(254, "is too long")
  .refine(
    (text) =>
      /^[^\s\p{Cc}\p{Cs}@"(),:;<>[\\\]]+@[^\s\p{Cc}\p{Cs}@]+\.[^\s\p{Cc}\p{Cs}@]+$/u.test(text) &&
      emailKey(text) !== undefined,
    "is not an e-mail address",
  );

/**
 * What two spellings of one address have in common: lower case, NFKC, the domain in ASCII. Undefined where the domain
 * is none. Dots and tags (`+x`) are part of the name: what they mean is the receiving host's affair.
 */
export function emailKey(email: string): string | undefined {
  const text = email.trim().normalize("NFKC").toLowerCase();
  const at = text.lastIndexOf("@");
  const domain = domainToASCII(text.slice(at + 1));
  return at < 1 || domain === "" ? undefined : `${text.slice(0, at)}@${domain}`;
}
