import { Sensitive } from "../../../stacks/outputs/sensitive.ts";

/** Names under which people keep secrets in a blueprint: env of services, webhooks with tokens in their path. */
const secretName = /pass(word|phrase)?$|secret|token|webhook|credential|api_?key|access_?key|private_?key/i;

/** A copy of plain data where every value under a secret's name, and every password inside a URL, is left out. */
export function redact(value: unknown, name = ""): unknown {
  if (value === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => redact(item, name));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner, key)]));
  }
  if (secretName.test(name)) return new Sensitive(value).toString();
  if (typeof value === "string") return value.replace(/^(\w+:\/\/[^:@/]*:)[^@/]+@/, `$1${String(new Sensitive(""))}@`);
  return value;
}
