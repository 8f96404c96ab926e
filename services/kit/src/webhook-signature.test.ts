import { expect, test } from "vitest";
import { newWebhookSecret, signWebhook, verifyWebhook } from "./webhook-signature.ts";

/** The example of the specification's reference libraries. */
const known = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  message: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: new Date(1614265330 * 1000), body: '{"test": 2432232314}' },
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};

const signed = (secrets = [known.secret]) => signWebhook(secrets, known.message);
const at = (seconds: number) => new Date(known.message.timestamp.getTime() + seconds * 1000);

test("signs as the reference libraries do", () => {
  expect(signed()).toEqual({
    "webhook-id": known.message.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": known.signature,
  });
});

test("verifies what it signed, also when one of two secrets signed it", () => {
  expect(verifyWebhook(known.secret, signed(), known.message.body, at(0))).toBe(true);
  const rotated = newWebhookSecret();
  expect(verifyWebhook(known.secret, signed([rotated, known.secret]), known.message.body, at(0))).toBe(true);
  expect(verifyWebhook(rotated, signed([rotated, known.secret]), known.message.body, at(0))).toBe(true);
});

test.each<[string, () => boolean]>([
  ["another body", () => verifyWebhook(known.secret, signed(), known.message.body + " ", at(0))],
  ["another id", () => verifyWebhook(known.secret, { ...signed(), "webhook-id": "msg_x" }, known.message.body, at(0))],
  [
    "another time",
    () => verifyWebhook(known.secret, { ...signed(), "webhook-timestamp": "1614265331" }, known.message.body, at(0)),
  ],
  ["another secret", () => verifyWebhook(newWebhookSecret(), signed(), known.message.body, at(0))],
  [
    "no signature",
    () => verifyWebhook(known.secret, { ...signed(), "webhook-signature": undefined }, known.message.body, at(0)),
  ],
  [
    "an unknown version",
    () =>
      verifyWebhook(
        known.secret,
        { ...signed(), "webhook-signature": known.signature.replace("v1", "v1a") },
        known.message.body,
        at(0),
      ),
  ],
  [
    "a time that is none",
    () => verifyWebhook(known.secret, { ...signed(), "webhook-timestamp": "NaN" }, known.message.body, at(0)),
  ],
  ["a replay", () => verifyWebhook(known.secret, signed(), known.message.body, at(301))],
  ["a message of the future", () => verifyWebhook(known.secret, signed(), known.message.body, at(-301))],
])("refuses %s", (_, verify) => expect(verify()).toBe(false));

test("secrets are random, of 256 bits", () => {
  const [one, other] = [newWebhookSecret(), newWebhookSecret()];
  expect(one).not.toBe(other);
  expect(Buffer.from(one.slice("whsec_".length), "base64")).toHaveLength(32);
});
