import { createHash } from "node:crypto";
import type { Logger } from "@purlin/kit/logger";
import type { AccountMetrics } from "./metrics.ts";

/** Passwords known from breaches elsewhere. */
export interface Breaches {
  contain: (password: string) => Promise<boolean>;
}

/** Milliseconds; a slow answer must not keep people from signing up. */
const timeout = 1_500;

/**
 * Asks a range service (https://haveibeenpwned.com/API/v3#PwnedPasswords) at `url`: only the first five hexadecimal digits of the password's
 * SHA-1 leave the service, and padding hides from the answer's size which. Without a `url` nothing is asked; the lists of the
 * password policy still apply. When it does not answer nothing is refused: that is counted, as `auth_breach_checks_total{result="error"}`.
 */
export function createBreaches(url: string | undefined, logger: Logger, metrics: AccountMetrics): Breaches {
  if (url === undefined) return { contain: () => Promise.resolve(false) };
  return {
    contain: async (password) => {
      const digest = createHash("sha1").update(password).digest("hex").toUpperCase();
      try {
        const found = (await fetchRange(url, digest.slice(0, 5))).has(digest.slice(5));
        metrics.breachCheck(found ? "found" : "clean");
        return found;
      } catch (error) {
        metrics.breachCheck("error");
        logger.warn({ err: error }, "cannot ask whether a password was breached");
        return false;
      }
    },
  };
}

/** Suffixes of the range that were seen at least once; padding has a count of 0. */
async function fetchRange(url: string, prefix: string): Promise<Set<string>> {
  const answer = await fetch(`${url.replace(/\/$/, "")}/range/${prefix}`, {
    headers: { "add-padding": "true", "user-agent": "purlin-auth" },
    signal: AbortSignal.timeout(timeout),
  });
  if (!answer.ok) throw new Error(`the range service answers ${answer.status}`);
  const lines = (await answer.text()).split(/\r?\n/).map((line) => line.split(":"));
  return new Set(lines.flatMap(([suffix, count]) => (suffix && Number(count) > 0 ? [suffix.toUpperCase()] : [])));
}
