import { describe, expect, test } from "vitest";
import { emailField, emailKey } from "./email.ts";

describe("the key of an address", () => {
  test.each([
    ["Ada@Example.COM", "ada@example.com"],
    ["  ada@example.com ", "ada@example.com"],
    ["ada@Bücher.example", "ada@xn--bcher-kva.example"],
    ["ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"],
    ["ﬁona@example.com", "fiona@example.com"], // a ligature
    ["a.da+tag@example.com", "a.da+tag@example.com"],
  ])("of %s is %s", (email, key) => {
    expect(emailKey(email)).toBe(key);
  });
});

describe("an address", () => {
  test.each(["ada@example.com", "o'brien+x@sub.example.co", "ζωή@example.gr"])("may be %s", (email) => {
    expect(emailField.parse(` ${email} `)).toBe(email);
  });

  test.each([
    "ada",
    "@example.com",
    "ada@localhost",
    "a\0da@example.com",
    "a da@example.com",
    "ada@exa mple.com",
    "ada@example.com\nbcc: eve@example.com",
    "ada@example.com, eve@example.com",
    "Ada <ada@example.com>",
    `${"a".repeat(250)}@example.com`,
  ])("may not be %j", (email) => {
    expect(emailField.safeParse(email).success).toBe(false);
  });
});
