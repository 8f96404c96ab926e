import { z } from "zod";

/*
 * What a browser's `credential.toJSON()` sends (Web Authentication level 3, 5.1: RegistrationResponseJSON and
 * AuthenticationResponseJSON), as far as it is looked at. What is inside is checked by the library.
 */
const base64url = z
  .string()
  .regex(/^[\w-]*$/)
  .max(20_000);

const common = {
  id: base64url.min(1).max(1400), // 1023 bytes at most
  rawId: base64url,
  type: z.literal("public-key"),
  clientExtensionResults: z.object({}).default({}),
};

export const passkeyAttestation = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z
      .array(z.enum(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"]))
      .default([])
      .catch([]),
  }),
});

export const passkeyAssertion = z.object({
  ...common,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.default(""),
  }),
});

export type PasskeyAttestation = z.output<typeof passkeyAttestation>;
export type PasskeyAssertion = z.output<typeof passkeyAssertion>;

const clientData = z.object({ challenge: z.string() });

/** The challenge the browser says it answered; empty when it says none. */
export function challengeOf({ response }: PasskeyAssertion): string {
  try {
    return clientData.parse(JSON.parse(Buffer.from(response.clientDataJSON, "base64url").toString("utf8"))).challenge;
  } catch {
    return "";
  }
}
