import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import { duration } from "../../output/duration.ts";
import { writeDocument } from "../../output/json.ts";
import { openStack, type OpenStack } from "../../stack.ts";

interface DownOptions {
  /** Seconds. */
  lockWait: number;
}

type World = Pick<Context, "stdout" | "stderr" | "now" | "cwd" | "settings" | "platform" | "interruption">;

/** Stops the platform, keeps its data, and looks that nothing still runs. Down twice is down. */
export async function down(context: World, { lockWait }: DownOptions): Promise<ExitFamily> {
  const { stdout, stderr, settings, platform, now } = context;
  const stack = await openStack(context, { create: false });
  const { name, stack: stackName } = stack.blueprint;
  const started = now();
  const unlock = await platform.lock(stack.home, { stack: stackName, reason: "down", waitSeconds: lockWait });
  const stopped = await stopStack(context, stack, "down").finally(unlock);
  const seconds = (now() - started) / 1000;
  if (settings.json) writeDocument(stdout, { name, stack: stackName, stopped, seconds });
  else stderr.write(`${name} (${stackName}) is down: ${stopped.length} stopped, data kept (${duration(seconds)}).\n`);
  return "done";
}

/**
 * Stops every process of a stack, whose lock the caller holds. Returns the names of those that ran.
 *
 * @throws PurlinError STILL_RUNNING, LEFT_BEHIND.
 */
export async function stopStack(
  { stderr, settings, platform, interruption }: Omit<World, "stdout" | "now" | "cwd">,
  { home }: OpenStack,
  command: string,
): Promise<string[]> {
  const stopped: string[] = [];
  const release = interruption.guard({
    finish: () => stderr.write("Interrupted: finishing the stops in flight. Ctrl-C again leaves at once.\n"),
    leave: () => stderr.write(`Left at once. Some processes may still run; \`purlin ${command}\` goes on from here.\n`),
  });
  try {
    await platform.stopAll(home, {
      onStopped(name, seconds) {
        stopped.push(name);
        if (!settings.json) stderr.write(`  ${name} stopped (${duration(seconds)})\n`);
      },
    });
    const left = await platform.leftovers(home);
    if (left.length > 0) throw new PurlinError("LEFT_BEHIND", { left });
    return stopped;
  } finally {
    release();
  }
}
