import type { ExitFamily } from "./exit-codes.ts";
import type { ErrorText } from "./purlin-error.ts";

/*
 * Every error a user may see. A code is permanent: it is never renamed or reused. An entry says what happened, why,
 * and how to mend it; the family decides the exit code. Keep entries grouped by family and in the order of a run.
 */

function entry<D>(family: ExitFamily, text: (details: D) => ErrorText) {
  return { family, text };
}

export const catalog = {
  BLUEPRINT_NOT_FOUND: entry("blueprint", (d: { path: string }) => ({
    what: `no blueprint at ${d.path}`,
    fix: "run `purlin init` to write one, or name it with --file",
  })),
  PORT_TAKEN: entry("preflight", (d: { port: number; key: string; owner: string }) => ({
    what: `port ${d.port}, wanted by ${d.key}, is taken by ${d.owner}`,
    fix: `stop that process, or choose another port for ${d.key} in purlin.yaml`,
  })),
} as const;

export type ErrorCode = keyof typeof catalog;
export type ErrorDetails<C extends ErrorCode> = Parameters<(typeof catalog)[C]["text"]>[0];
