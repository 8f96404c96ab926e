import { existsSync, readdirSync, statSync } from "node:fs";
import type { Check } from "./check.ts";

/** A state without its passphrase is a state nobody can open. Whether it fits is another check. */
export const passphrase: Check = {
  id: "passphrase",
  title: "passphrase",
  beforeUp: true,
  run({ home, env }) {
    const file = env["PURLIN_PASSPHRASE_FILE"] ?? home?.passphraseFile;
    const hasState = home !== undefined && existsSync(home.stateDir) && readdirSync(home.stateDir).length > 0;
    if (file === undefined || !hasState) return { level: "ok", detail: "made with the stack" };
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) {
      const remedy = "put the file back, or name its copy with PURLIN_PASSPHRASE_FILE";
      return { level: "fail", detail: `${file} is gone, and the state cannot be opened without it`, remedy };
    }
    if ((found.mode & 0o077) === 0) return { level: "ok", detail: file };
    return { level: "warn", detail: `${file} can be read by others`, remedy: `chmod 600 ${file}` };
  },
};
