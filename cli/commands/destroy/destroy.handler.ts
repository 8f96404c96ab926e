import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import { guardRun } from "../../guard-run.ts";
import { duration } from "../../output/duration.ts";
import { writeLine } from "../../output/json.ts";
import { countText } from "../../progress/counts.ts";
import { openReporter } from "../../progress/reporter.ts";
import { demandGoodEnding } from "../../run-ending.ts";
import { openEngine, type SessionWorld } from "../../session.ts";
import { openStack } from "../../stack.ts";
import { stopStack } from "../down/down.handler.ts";
import { confirm } from "./confirm.ts";

interface DestroyOptions {
  /** The stack's name, given instead of an answer. */
  confirm?: string;
  /** Seconds. */
  lockWait: number;
}

/**
 * Stops everything, deletes every resource with its data, then the stack's folder, and looks that nothing is left.
 *
 * @throws PurlinError ANSWER_NEEDED, CONFIRMATION_WRONG before anything is touched; LOCKED, RUN_FAILED, LEFT_BEHIND.
 */
export async function destroy(
  context: SessionWorld & Pick<Context, "stdout" | "stdin" | "now">,
  { confirm: given, lockWait }: DestroyOptions,
): Promise<ExitFamily> {
  const { stdout, stderr, settings, platform } = context;
  const stack = await openStack(context, { create: false });
  const { name, stack: stackName } = stack.blueprint;
  await confirm(context, stack.blueprint, given);
  await stopStack(context, stack, { command: "destroy", lockWait });

  const title = `${name} (${stackName})`;
  const reporter = await openReporter(context, { title, components: [] });
  const guard = guardRun(context, reporter, "destroy");
  const run = async () => {
    const { engine } = await openEngine(context, stack, {
      onProgress: (progress) => reporter.report({ type: "tool", progress }),
      onNotice: (level, message) => reporter.report({ type: "notice", level, message }),
    });
    guard.engine(engine);
    reporter.report({ type: "phase", title: "Removing" });
    const onRow = (row: Parameters<NonNullable<Parameters<typeof engine.up>[0]["onRow"]>>[0]) =>
      reporter.report({ type: "step", row });
    return engine.destroyResources({ command: "destroy", lockWaitSeconds: lockWait, onRow });
  };
  const summary = await run().finally(async () => {
    guard.release();
    await reporter.close();
  });
  demandGoodEnding(summary);
  await platform.removeHome(stack.home);
  if (settings.json) writeLine(stdout, { type: "summary", ...summary });
  else stderr.write(`${title} is gone: ${countText(summary.resources)} (${duration(summary.durationSeconds)}).\n`);
  return "done";
}
