import { compose, type Message } from "../mail/messages.ts";

/** The mail that invites somebody to an organisation. */
export function invitationMail(invitation: {
  brand: string;
  organisation: string;
  inviter: string;
  days: number;
  url: string;
}): Message {
  const { brand, organisation, inviter, days, url } = invitation;
  return compose({
    brand,
    subject: `${inviter} invites you to ${organisation}`,
    paragraphs: [
      `${inviter} invites you to work with ${organisation} in ${brand}. Sign in, or sign up with this address, to accept. The link is good for ${days} days, and once.`,
    ],
    action: { label: "Look at the invitation", url },
    closing: "If you do not know what this is about, you need not do anything.",
  });
}
