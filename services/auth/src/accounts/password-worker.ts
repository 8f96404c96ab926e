import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { hashSync, verifySync } from "@node-rs/argon2";
import { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";
import { argon2 } from "./argon2.ts";
import type { Outcome } from "./worker-pool.ts";

/*
 * A thread that hashes, verifies and judges passwords, one at a time. It takes no other part in the service: while it
 * works, the event loop is free.
 */
export type PasswordWork =
  | { kind: "hash"; password: string }
  | { kind: "verify"; password: string; hash: string }
  | { kind: "strength"; password: string; known: string[] };

export type PasswordValue = string | boolean | number;

// On Linux this is about the calling thread alone (setpriority(2), "C library/kernel differences"): requests that
// hash nothing come first for the processor, however many people sign in. Elsewhere it would be about the process.
if (process.platform === "linux") setPriority(0, 10);

let strength: ZxcvbnFactory | undefined; // its dictionaries take 30 ms to load, and most threads of most instances never judge

function perform(work: PasswordWork): PasswordValue {
  switch (work.kind) {
    case "hash":
      return hashSync(work.password, argon2);
    case "verify":
      return verifySync(work.hash, work.password);
    case "strength":
      strength ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
      return strength.check(work.password, work.known).score;
  }
}

function attempt(work: PasswordWork): Outcome<PasswordValue> {
  try {
    return { value: perform(work) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on("message", (work: PasswordWork) => parentPort?.postMessage(attempt(work)));
