import type { Breaches } from "./breaches.ts";
import type { Passwords } from "./passwords.ts";

/*
 * What a password must be. ASVS 5.0 asks for 8 characters and prefers 15 (6.2.1), and forbids rules about which
 * characters (6.2.5). Ours: 12, because a second factor is offered and not demanded, and none that a guesser tries early.
 * 128 is above the 64 that must be allowed (6.2.9) and keeps the work per attempt bounded.
 */
const shortest = 12;
const longest = 128;

/** zxcvbn's "safely unguessable": more than 10^8 guesses even for somebody who knows the person's name and address. */
const leastStrength = 3;

/** One form for what different keyboards write differently (NIST SP 800-63B-4, 3.1.1.2). Applied before each hash and each check. */
export function normalisePassword(password: string): string {
  return password.normalize("NFKC");
}

/** Longest text worth looking at as a password that somebody types in: more cannot be right. */
export function isTooLong(password: string): boolean {
  return characters(password) > longest;
}

/**
 * Why a normalised password cannot be had, in a sentence for its owner; undefined when it can. `known` are words an attacker would know:
 * name, address, brand.
 */
export async function refusal(
  password: string,
  known: string[],
  { passwords, breaches }: { passwords: Passwords; breaches: Breaches },
): Promise<string | undefined> {
  const length = characters(password);
  if (length < shortest) return `Use at least ${shortest} characters. A few random words are easy to remember.`;
  if (length > longest) return `Use at most ${longest} characters.`;
  const words = known.flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]).filter((word) => word.length > 2);
  const guessable = isMadeOf(words, password) || (await passwords.strength(password, words)) < leastStrength;
  if (guessable) {
    return "This password is easy to guess. A few random words make a better one.";
  }
  if (await breaches.contain(password)) {
    return "This password has been seen in a data breach elsewhere. Choose one that you use nowhere else.";
  }
  return undefined;
}

/** Whether little of the password is left without what an attacker knows: zxcvbn takes several such words for a passphrase. */
function isMadeOf(words: readonly string[], password: string): boolean {
  const longestFirst = words.map((word) => word.toLowerCase()).sort((a, b) => b.length - a.length);
  const rest = longestFirst.reduce((text, word) => text.replaceAll(word, ""), password.toLowerCase());
  return characters(rest) < shortest / 2;
}

/** Code points, as both standards count. */
function characters(text: string): number {
  return Array.from(text).length;
}
