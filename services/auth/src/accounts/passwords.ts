import { createWorkerPool } from "./worker-pool.ts";
import type { PasswordValue, PasswordWork } from "./password-worker.ts";

/** Hashes, verifies and judges passwords on threads of their own. Every function may throw Problem unavailable: see worker-pool.ts. */
export interface Passwords {
  /** argon2id in PHC format. */
  hash: (password: string) => Promise<string>;
  /**
   * Whether `password` is the one behind `hash`. Without a hash it takes as long, and is false: nobody can tell from
   * the time whether an account exists.
   */
  verify: (hash: string | undefined, password: string) => Promise<boolean>;
  /** How hard it is to guess for somebody who knows the words of `known`: 0 to 4, of zxcvbn. */
  strength: (password: string, known: string[]) => Promise<number>;
  /** Pieces of work not yet begun. */
  waiting: () => number;
  close: () => Promise<void>;
}

/** Milliseconds a sign-in waits for its turn; past that the answer is 503. */
const maxWait = 3_000;

/** `threads`: passwords hashed at once; requests come first for the processor even so. */
export function createPasswords(threads: number): Passwords {
  const pool = createWorkerPool<PasswordWork, PasswordValue>({
    script: new URL("password-worker", import.meta.url),
    threads,
    maxWait,
    maxWaiting: threads * 128,
  });
  const hash = async (password: string) => String(await pool.run({ kind: "hash", password }));
  let dummy: Promise<string> | undefined;
  return {
    hash,
    verify: async (known, password) => {
      dummy ??= hash("of nobody").catch((error: unknown) => {
        dummy = undefined;
        throw error;
      });
      const against = await (known ?? dummy);
      const matches = await pool.run({ kind: "verify", password, hash: against });
      return matches === true && known !== undefined;
    },
    strength: async (password, known) => Number(await pool.run({ kind: "strength", password, known })),
    waiting: pool.waiting,
    close: pool.close,
  };
}
