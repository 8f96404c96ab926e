import { createHash } from "node:crypto";
import { Output, type Input } from "@pulumi/pulumi";

/**
 * A short sha256 of a text, for `restartOn`, `reload.on` and `rerunOn`. Plain text gives a plain string at once;
 * a secret text gives a secret fingerprint.
 */
export function fingerprint(text: string): string;
export function fingerprint(text: Input<string>): Input<string>;
export function fingerprint(text: Input<string>): Input<string> {
  if (typeof text === "string") return hash(text);
  return Output.create(text).apply(hash);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
