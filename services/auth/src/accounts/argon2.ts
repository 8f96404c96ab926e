/**
 * Parameters of argon2id: the first choice of the OWASP Password Storage Cheat Sheet, 19 MiB in two passes. A hash made
 * with others is made anew at its owner's next sign-in.
 */
export const argon2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const prefix = `$argon2id$v=19$m=${argon2.memoryCost},t=${argon2.timeCost},p=${argon2.parallelism}$`;

/** Whether `hash` was made with other parameters than today's. */
export function isOutdated(hash: string): boolean {
  return !hash.startsWith(prefix);
}
