import { expect, it } from "vitest";
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

it("finds unknowns at any depth", () => {
  expect(hasUnknown({ a: [{ b: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }] })).toBe(true);
  expect(hasUnknown({ a: [{ b: "x" }], c: null })).toBe(false);
});
