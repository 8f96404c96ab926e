import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { openWebhookSecrets, sealWebhookSecret } from "./webhook-secrets.ts";

const key = randomBytes(32);
const sealed = (secret: string, id = "1") => sealWebhookSecret(key, id, secret);
const none = { previousSecret: null, previousSecretUntil: null };

test("gives the secret of the webhook it was sealed for, and of no other", () => {
  expect(openWebhookSecrets(key, { id: "1", secret: sealed("a"), ...none })).toEqual(["a"]);
  expect(() => openWebhookSecrets(key, { id: "2", secret: sealed("a"), ...none })).toThrow();
  expect(() => openWebhookSecrets(randomBytes(32), { id: "1", secret: sealed("a"), ...none })).toThrow();
});

test("a secret that was replaced signs too, until its time is over", () => {
  const webhook = {
    id: "1",
    secret: sealed("new"),
    previousSecret: sealed("old"),
    previousSecretUntil: new Date(1000),
  };
  expect(openWebhookSecrets(key, webhook, new Date(999))).toEqual(["new", "old"]);
  expect(openWebhookSecrets(key, webhook, new Date(1000))).toEqual(["new"]);
});
