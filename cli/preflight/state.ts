import { createDecipheriv, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { readIfPresent } from "../../stacks/home/files.ts";
import { engineSettings } from "../../stacks/home/home.ts";
import type { Check } from "./check.ts";

/** The state opens with the passphrase: asked as the engine does when it starts, by a word it keeps encrypted. */
export const state: Check = {
  id: "state",
  title: "state",
  beforeUp: false, // deriving the key takes half a second, and the engine of `up` says the same before it changes anything
  async run({ blueprint, home, env }) {
    const settings = home && readIfPresent(engineSettings(home, blueprint.stack));
    if (home === undefined || settings === undefined) return { level: "ok", detail: "made by the first `up`" };
    const file = env["PURLIN_PASSPHRASE_FILE"] ?? home.passphraseFile;
    const passphrase = readIfPresent(file);
    const remedy = "put the right passphrase there, or name its file with PURLIN_PASSPHRASE_FILE";
    if (passphrase === undefined) return { level: "fail", detail: `cannot be opened without ${file}`, remedy };
    const { encryptionsalt } = z.object({ encryptionsalt: z.string() }).parse(parse(settings));
    if (await opens(encryptionsalt, passphrase.trim())) return { level: "ok", detail: `opens with ${file}` };
    return { level: "fail", detail: `does not open with the passphrase in ${file}`, remedy };
  },
};

const known = "pulumi";
const tagBytes = 16;

/**
 * `v1:<salt>:v1:<nonce>:<ciphertext and tag>`, all base64: the word "pulumi" under AES-256-GCM, with a key that
 * PBKDF2-SHA256 makes of the passphrase in a million rounds (pkg/secrets/passphrase and sdk/go/common/resource/config
 * of pulumi/pulumi).
 */
async function opens(encryptionSalt: string, passphrase: string): Promise<boolean> {
  const [, salt = "", , nonce = "", sealed = ""] = encryptionSalt.split(":");
  const key = await promisify(pbkdf2)(passphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return decipher.update(bytes.subarray(0, -tagBytes), undefined, "utf8") + decipher.final("utf8") === known;
  } catch {
    return false; // the tag does not fit: another key
  }
}
