import { expect, it } from "vitest";
import { redact } from "./redact.ts";
import { hasUnknown, unwrap } from "./values.ts";

const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

it("unwraps secrets at any depth, also inside one another", () => {
  expect(unwrap({ a: secret({ b: [secret("c"), 1, null] }), d: secret(secret("e")) })).toEqual({
    a: { b: ["c", 1, null] },
    d: "e",
  });
});

it("leaves what only looks like a secret alone", () => {
  const other = { "4dabf18193072939515e22adb298388d": "another signature", value: 1 };
  expect(unwrap(other)).toEqual(other);
});

it("takes secrets, and passwords of secret URLs, out of a message and leaves the rest", () => {
  const inputs = {
    env: { URL: secret("postgres://api:pass%2Fword@localhost/app"), NAME: "plainly-said" },
    input: secret({ key: ["k-1234567"] }),
    short: secret("on"),
  };
  const message = "plainly-said: pass/word, pass%2Fword, k-1234567 on postgres://api:pass%2Fword@localhost/app";
  expect(redact(message, inputs)).toBe("plainly-said: [secret], [secret], [secret] on [secret]");
});

it("finds unknowns at any depth", () => {
  expect(hasUnknown({ a: [{ b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: "x" }], c: null })).toBe(false);
});
