import { randomBytes } from "node:crypto";
import type { Query } from "@purlin/kit/pool";
import { tokenHash } from "./secrets.ts";
import type { AccountServices } from "./services.ts";

/*
 * Codes on paper, for somebody who lost the authenticator. Each is 120 random bits, so that a plain hash is enough (ASVS
 * 5.0, 6.5.2), and is good once.
 */
const count = 10;

/** Letters and digits that are not mistaken for each other (Crockford's base 32). */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const length = 24;

/** New codes in place of the old, to be shown once: `XXXXXX-XXXXXX-XXXXXX-XXXXXX`. */
export async function replaceRecoveryCodes(query: Query, userId: string): Promise<string[]> {
  const codes = Array.from({ length: count }, newCode);
  await query("DELETE FROM recovery_codes WHERE user_id = $1", [userId]);
  await query("INSERT INTO recovery_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])", [
    userId,
    codes.map((code) => tokenHash(canonical(code))),
  ]);
  return codes;
}

/** Uses a code up; false when it is none of theirs. @throws Problem too_many_requests */
export async function useRecoveryCode({ db, limits }: AccountServices, userId: string, code: string): Promise<boolean> {
  const guess = await limits.guess("code", userId);
  const used = await db.readPrimary(
    "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2 RETURNING user_id",
    [userId, tokenHash(canonical(code))],
  );
  if (used.length > 0) await guess.succeeded();
  return used.length > 0;
}

/** How many are left. */
export async function countRecoveryCodes(query: Query, userId: string): Promise<number> {
  const [row] = await query<{ left: number }>('SELECT count(*)::int AS "left" FROM recovery_codes WHERE user_id = $1', [
    userId,
  ]);
  return row?.left ?? 0;
}

/** 256 is a multiple of the alphabet's 32, so no letter is likelier than another. */
function newCode(): string {
  const letters = Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length)).join("");
  return letters.replaceAll(/(.{6})(?=.)/g, "$1-");
}

/** What people type: in small letters, with or without dashes, O for 0 and I or L for 1. */
function canonical(code: string): string {
  const plain = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, "");
  return plain.replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}
