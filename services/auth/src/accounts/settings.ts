import { availableParallelism } from "node:os";
import { z } from "zod";

/** Half of the processors: the rest of a sign-in, and everybody else's requests, need the other half. */
export const passwordThreads = Math.max(1, Math.floor(availableParallelism() / 2));

/** Variables about accounts. Spread into the service's schema. */
export const accountsEnv = {
  /** `smtp://user:password@host:port`, or `smtps://`. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** Sender of every mail: an address, or `Name <address>`. */
  MAIL_FROM: z.string(),
  /** The name people know the platform by, on pages and in mails. */
  BRAND_NAME: z.string().min(1).max(60).default("Purlin"),
  /** A range service for breached passwords: https://api.pwnedpasswords.com, or one's own. Absent: only the built-in lists are used. */
  BREACHED_PASSWORDS_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Passwords hashed at once; 19 MiB each. */
  PASSWORD_THREADS: z.coerce.number().int().min(1).max(64).default(passwordThreads),
};

export type AccountsSettings = z.output<z.ZodObject<typeof accountsEnv>>;
