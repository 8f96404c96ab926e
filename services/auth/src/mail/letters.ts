import { compose, type Message } from "./messages.ts";

/** Every mail the service sends, by what it is about. `brand` signs it; links live as long as `lifetime` says. */
export interface Letters {
  confirmRegistration: (to: { url: string }) => Message;
  alreadyRegistered: (to: { name: string; signIn: string; reset: string }) => Message;
  resetPassword: (to: { name: string; url: string }) => Message;
  agreeToNewAddress: (to: { name: string; url: string; address: string }) => Message;
  agreeToLeaveAddress: (to: { name: string; url: string; address: string }) => Message;
  securityNotice: (to: { name: string; what: string; url: string }) => Message;
}

/** Hours a link in a mail is good for. */
export const lifetime = { registration: 24, reset: 1, emailChange: 24 };

const ignore = "If you did not ask for this, you need not do anything.";

export function createLetters(brand: string): Letters {
  return {
    // without a name: whoever registered chose it, and the reader may be somebody else
    confirmRegistration: ({ url }) =>
      compose({
        brand,
        subject: `Confirm your address for ${brand}`,
        paragraphs: [
          `Somebody, probably you, signed up for ${brand} with this address. The link is good for ${lifetime.registration} hours.`,
        ],
        action: { label: "Confirm your address", url },
        closing: ignore,
      }),
    alreadyRegistered: ({ name, signIn, reset }) =>
      compose({
        brand,
        name,
        subject: `You already have an account at ${brand}`,
        paragraphs: [
          `Somebody, probably you, tried to sign up for ${brand} with this address, which already has an account.`,
          `Forgot the password? Choose a new one: ${reset}`,
        ],
        action: { label: "Sign in", url: signIn },
        closing: ignore,
      }),
    resetPassword: ({ name, url }) =>
      compose({
        brand,
        name,
        subject: `Choose a new password for ${brand}`,
        paragraphs: [
          `The link is good for one hour, and once. Your old password stays until you have chosen a new one.`,
        ],
        action: { label: "Choose a new password", url },
        closing: ignore,
      }),
    agreeToNewAddress: ({ name, url, address }) =>
      compose({
        brand,
        name,
        subject: `Confirm your new address for ${brand}`,
        paragraphs: [
          `${address} is to become the address of your account. Confirm it here, and by the mail we sent to your present address.`,
        ],
        action: { label: "Confirm the new address", url },
        closing: ignore,
      }),
    agreeToLeaveAddress: ({ name, url, address }) =>
      compose({
        brand,
        name,
        subject: `Your address at ${brand} is about to change`,
        paragraphs: [
          `${address} is to become the address of your account instead of this one. It does once you agree here and the new address is confirmed.`,
        ],
        action: { label: "Agree to the change", url },
        closing:
          "If you did not ask for this, somebody else is signed in to your account: do not agree, and change your password now.",
      }),
    securityNotice: ({ name, what, url }) =>
      compose({
        brand,
        name,
        subject: `${brand}: ${what}`,
        paragraphs: [`This is to let you know of a change to your account: ${what}.`],
        action: { label: "Look at your account", url },
        closing: "If that was not you, choose a new password now and sign out everywhere.",
      }),
  };
}
