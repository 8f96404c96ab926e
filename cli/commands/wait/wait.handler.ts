import { setTimeout as delay } from "node:timers/promises";
import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import { duration } from "../../output/duration.ts";
import { writeDocument } from "../../output/json.ts";
import type { ProcessRow } from "../../platform.ts";
import { matching } from "../../select.ts";
import { openStack } from "../../stack.ts";
import { isHealthy } from "../status/status.handler.ts";

interface WaitOptions {
  /** A component or process; absent means all. */
  name: string | undefined;
  /** Seconds. */
  timeout: number;
}

const pollMilliseconds = 250;

/**
 * Returns once every process asked for is healthy.
 *
 * @throws PurlinError WAIT_TIMED_OUT, naming each probe that does not answer and what it says.
 */
export async function wait(
  context: Pick<Context, "stdout" | "stderr" | "now" | "cwd" | "settings" | "platform" | "interruption">,
  { name, timeout }: WaitOptions,
): Promise<ExitFamily> {
  const { stdout, stderr, settings, platform, now, interruption } = context;
  const { home } = await openStack(context, { create: false });
  const started = now();
  for (;;) {
    const rows = matching(await platform.processStatus(home), name);
    const sick = rows.filter((row) => !isHealthy(row));
    const seconds = (now() - started) / 1000;
    if (rows.length > 0 && sick.length === 0) {
      if (settings.json) writeDocument(stdout, { healthy: rows.map((row) => row.name), seconds });
      else stderr.write(`${name ?? "The platform"} is healthy (${duration(seconds)}).\n`);
      return "done";
    }
    if (seconds >= timeout) throw new PurlinError("WAIT_TIMED_OUT", { name, timeout, sick: sick.map(complaint) });
    await delay(pollMilliseconds, undefined, { signal: interruption.signal });
  }
}

function complaint({ name, state, probe }: ProcessRow): string {
  return `${name} is ${state}: ${probe.answer}`;
}
