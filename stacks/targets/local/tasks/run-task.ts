import { json } from "node:stream/consumers";
import type { z } from "zod";
import { PurlinError } from "../../../../errors/purlin-error.ts";

/**
 * The main of a Task's script: reads its input as JSON from stdin, does the work and exits 0, or writes why not to
 * stderr and exits 1. Input is checked, since it comes from another process; its values are never echoed: they hold
 * secrets.
 */
export async function runTask<Input>(schema: z.ZodType<Input>, work: (input: Input) => Promise<void>): Promise<void> {
  try {
    await work(schema.parse(await json(process.stdin)));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}

/** Lines for people: an error of the catalogue as its text, anything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof PurlinError) {
    const { what, why, fix } = error.text;
    return [`${error.code}: ${what}`, ...(why === undefined ? [] : [`why: ${why}`]), `fix: ${fix}`].join("\n");
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
