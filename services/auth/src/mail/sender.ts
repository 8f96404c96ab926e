import type { Logger } from "@purlin/kit/logger";
import type { Database } from "@purlin/kit/postgres";
import { createTransport } from "nodemailer";
import type { AccountMetrics } from "../accounts/metrics.ts";
import type { Vault } from "../accounts/secrets.ts";
import { remove, retrySoon, takeDue, type DueMail } from "./outbox.ts";

/** Sends what is in the outbox. Every instance has one; they share the work. */
export interface MailSender {
  /** Sends some of what is due. True when there may be more. */
  sendDue: () => Promise<boolean>;
  close: () => void;
}

export interface MailSettings {
  SMTP_URL: string;
  MAIL_FROM: string;
}

const batch = 10;

/** Milliseconds; together less than the outbox's lease, so that a mail is in one sender's hands at a time. */
const timeouts = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 20_000, dnsTimeout: 5_000 };

export function createMailSender(
  settings: MailSettings,
  { db, vault, logger, metrics }: { db: Database; vault: Vault; logger: Logger; metrics: AccountMetrics },
): MailSender {
  const transport = createTransport({ url: settings.SMTP_URL, ...timeouts }, { from: settings.MAIL_FROM });

  const send = async ({ id, recipient, message, expired }: DueMail): Promise<void> => {
    if (expired) {
      metrics.mail("expired");
      logger.error({ mail: id }, "gave a mail up: it could not be sent before what it carries expired");
      await remove(db.readPrimary, id);
      return;
    }
    try {
      // the id stays the same at each attempt: a mail that was sent but not ticked off can be told to be the same one
      await transport.sendMail({ to: { name: "", address: recipient }, messageId: `<${id}@purlin>`, ...message });
    } catch (error) {
      metrics.mail("failed");
      logger.warn({ mail: id, err: error }, "cannot send a mail yet");
      if (isUnreachable(error)) await retrySoon(db.readPrimary, id);
      return;
    }
    metrics.mail("sent");
    await remove(db.readPrimary, id);
  };
  return {
    sendDue: async () => {
      const due = (await db.write((query) => takeDue(query, vault, batch))).value;
      const settled = await Promise.allSettled(due.map(send));
      for (const one of settled) {
        // it comes up again after its lease: at least once, and twice rather than never
        if (one.status === "rejected") logger.warn({ err: one.reason as unknown }, "cannot tick a mail off");
      }
      return due.length === batch && settled.some((one) => one.status === "fulfilled");
    },
    close: () => transport.close(),
  };
}

const unreachable = new Set(["ECONNECTION", "ECONNREFUSED", "ECONNRESET", "EDNS", "ESOCKET", "ETIMEDOUT"]);

/** Whether SMTP itself was away, as against having refused this mail. */
function isUnreachable(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && unreachable.has(error.code);
}
