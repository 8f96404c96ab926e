import type { Logger } from "@purlin/kit/logger";
import type { Letters } from "../mail/letters.ts";
import type { Sessions } from "../oidc/sessions.ts";
import type { Breaches } from "./breaches.ts";
import type { Limits } from "./limits.ts";
import type { AccountMetrics } from "./metrics.ts";
import type { Passwords } from "./passwords.ts";
import type { Vault } from "./secrets.ts";
import type { Databases } from "./subjects.ts";

/** What the functions about accounts work with. */
export interface AccountServices extends Databases {
  logger: Logger;
  metrics: AccountMetrics;
  vault: Vault;
  passwords: Passwords;
  breaches: Breaches;
  limits: Limits;
  letters: Letters;
  /** There is work for the background (see chores.ts): do not wait for its next round. */
  wake: () => void;
  sessions: Pick<Sessions, "endAll">;
  /** Whether the people of this issuer may sign in here. */
  lets: (issuer: string) => boolean;
  /** The name people know the platform by. */
  brand: string;
  /** Address of a page of ours for a mail: `/account` gives `https://…/auth/account`. */
  link: (path: string) => string;
  /** Us, to a passkey: the host, and the origin pages are served from. */
  relyingParty: { id: string; origin: string };
}
