import { readFileSync } from "node:fs";
import type { StackHome } from "../../stacks/home/home.ts";
import { deriveKey, deriveSecret } from "../../stacks/targets/local/secrets.ts";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";

/** Shorter values of the blueprint's environment (`info`, `8080`) are words of ordinary messages, not credentials. */
const shortestSecret = 8;

/**
 * The target, watched for the secrets it hands out; `watch` for others; and `redact`, which takes all of them out of a
 * text. Pulumi masks secrets in values; this is for the messages of programs, which may quote a URL with its password.
 */
export function watchSecrets(
  target: LocalTarget,
  home: StackHome,
): { target: LocalTarget; watch: (value: string) => void; redact: (text: string) => string } {
  const values = new Set<string>();
  const masterKey = readFileSync(home.masterKeyFile, "utf8").trim();
  const secret: LocalTarget["secret"] = (key) => {
    values.add(deriveSecret(masterKey, key));
    return target.secret(key);
  };
  const key: LocalTarget["key"] = (name) => {
    values.add(deriveKey(masterKey, name));
    return target.key(name);
  };
  const watch = (value: string) => {
    if (value.length >= shortestSecret) values.add(value);
  };
  const redact = (text: string) => {
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, "[secret]");
    return clean;
  };
  return { target: { ...target, secret, key }, watch, redact };
}
