import type { Logger } from "@purlin/kit/logger";
import type { Metrics } from "@purlin/kit/metrics";
import type { Redis } from "ioredis";
import { createLetters } from "../mail/letters.ts";
import { createMailSender } from "../mail/sender.ts";
import type { Sessions } from "../oidc/sessions.ts";
import { createBreaches } from "./breaches.ts";
import { startChores, type Chore } from "./chores.ts";
import { removeExpired } from "./housekeeping.ts";
import { createLimits } from "./limits.ts";
import { createAccountMetrics } from "./metrics.ts";
import { answerResetRequests } from "./password-reset.ts";
import { createPasswords } from "./passwords.ts";
import { createVault } from "./secrets.ts";
import type { AccountServices } from "./services.ts";
import type { AccountsSettings } from "./settings.ts";
import { tellSubjectsLeftBehind, type Databases } from "./subjects.ts";

export interface AccountsOptions extends Databases {
  settings: AccountsSettings;
  /** Where people reach this service, with its path. */
  publicUrl: string;
  /** 32 bytes. */
  key: Buffer;
  redis: Redis;
  sessions: Pick<Sessions, "endAll">;
  lets: AccountServices["lets"];
  logger: Logger;
  metrics: Metrics;
}

const seconds = 1_000;
const minutes = 60 * seconds;

/** Everything accounts need, and the work in the background that goes with them. `close` lets that finish its round. */
export function startAccounts(options: AccountsOptions): { services: AccountServices; close: () => Promise<void> } {
  const { settings, publicUrl, db, app, logger } = options;
  const metrics = createAccountMetrics(options.metrics);
  const vault = createVault(options.key);
  const passwords = createPasswords(settings.PASSWORD_THREADS);
  metrics.hashQueue(passwords.waiting);
  const mail = createMailSender(settings, { db, vault, logger, metrics });
  const { hostname, origin } = new URL(publicUrl);
  const base = {
    ...{ db, app, logger, metrics, vault, passwords },
    breaches: createBreaches(settings.BREACHED_PASSWORDS_URL, logger, metrics),
    limits: createLimits(options.redis),
    letters: createLetters(settings.BRAND_NAME),
    sessions: options.sessions,
    lets: options.lets,
    brand: settings.BRAND_NAME,
    link: (path: string) => publicUrl + path,
    relyingParty: { id: hostname, origin },
  };
  const chores: Chore[] = [
    { name: "password resets", every: 2 * seconds, run: () => answerResetRequests(base) },
    { name: "mail", every: seconds, run: mail.sendDue },
    { name: "subjects", every: 30 * seconds, run: async () => (await tellSubjectsLeftBehind(base)) === 100 },
    { name: "housekeeping", every: 10 * minutes, run: () => removeExpired(db.readPrimary).then(() => false) },
  ];
  const background = startChores(chores, logger);
  return {
    services: { ...base, wake: background.wake },
    close: async () => {
      await background.close();
      mail.close();
      await passwords.close();
    },
  };
}
