import { secretsIn } from "./values.ts";

/** Shorter secrets (`on`, `8080`) are words of ordinary messages. */
const shortest = 8;

/**
 * The text without any secret of these inputs, and without the password of a URL among them. The engine keeps messages
 * in its state as they come, and a message quotes the last lines of a process's log: it may say anything.
 */
export function redact(text: string, inputs: unknown): string {
  const values = secretsIn(inputs).flatMap((secret) => [secret, ...passwordOf(secret)]);
  let clean = text;
  for (const value of values) if (value.length >= shortest) clean = clean.replaceAll(value, "[secret]");
  return clean;
}

function passwordOf(secret: string): string[] {
  const password = URL.parse(secret)?.password ?? "";
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
