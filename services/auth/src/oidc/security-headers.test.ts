import { expect, test } from "vitest";
import { formTarget } from "./security-headers.ts";

/** Browsers apply form-action to the redirects after a form: a source too narrow breaks signing in, one too wide is of no use. */
test.each([
  ["https://app.example.com/callback?x=1", "https://app.example.com"],
  ["https://app.example.com:8443/callback", "https://app.example.com:8443"],
  ["http://127.0.0.1:49152/callback", "http://127.0.0.1:*"],
  ["http://[::1]:49152/callback", "http:"],
  ["com.example.app:/callback", "com.example.app:"],
])("the form-action source of %s is %s", (redirectUri, source) => {
  expect(formTarget(redirectUri)).toBe(source);
});
