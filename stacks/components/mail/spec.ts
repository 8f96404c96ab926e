import { z } from "zod";
import { mailbox, secretSmtpUrl } from "../../blueprint/fields.ts";
import type { Claims } from "../component.ts";
import type { MailSpec } from "./outputs.ts";

export const mailSpec = z
  .strictObject({
    from: mailbox().describe("Sender of the platform's mail."),
    smtp: secretSmtpUrl()
      .optional()
      .describe("smtp(s) URL of the server mail goes to; absent: on local it is caught and shown on a page."),
  })
  .describe("Outgoing mail.") satisfies z.ZodType<MailSpec>;

export const mailClaims = z
  .literal(true)
  .transform((): Claims["mail"][] => [{}])
  .describe("true: the service gets the mail server's address and the sender.");
