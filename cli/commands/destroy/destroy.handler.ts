import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import type { RunSummary } from "../../engine/engine.ts";
import { guardRun } from "../../guard-run.ts";
import { duration } from "../../output/duration.ts";
import { writeLine } from "../../output/json.ts";
import { countText } from "../../progress/counts.ts";
import { openReporter } from "../../progress/reporter.ts";
import { demandGoodEnding } from "../../run-ending.ts";
import { openEngine, type SessionWorld } from "../../session.ts";
import { openStack, type OpenStack } from "../../stack.ts";
import { stopStack } from "../down/down.handler.ts";
import { confirm } from "./confirm.ts";

interface DestroyOptions {
  /** The stack's name, given instead of an answer. */
  confirm?: string;
  /** Seconds. */
  lockWait: number;
}

type World = SessionWorld & Pick<Context, "stdout" | "stdin" | "now">;

/**
 * Stops everything, deletes every resource with its data, then the stack's folder, and looks that nothing is left.
 *
 * @throws PurlinError ANSWER_NEEDED, CONFIRMATION_WRONG before anything is touched; LOCKED, RUN_FAILED, LEFT_BEHIND.
 */
export async function destroy(context: World, { confirm: given, lockWait }: DestroyOptions): Promise<ExitFamily> {
  const { stdout, stderr, settings, platform } = context;
  const stack = await openStack(context, { create: false });
  const { name, stack: stackName } = stack.blueprint;
  await confirm(context, stack.blueprint, given);
  // One lock over all of it: an `up` that came in between would start what is then deleted under it.
  const unlock = await platform.lock(stack.home, { stack: stackName, reason: "destroy", waitSeconds: lockWait });
  const summary = await remove(context, stack).finally(unlock);
  if (settings.json) writeLine(stdout, { type: "summary", ...summary });
  else
    stderr.write(
      `${name} (${stackName}) is gone: ${countText(summary.resources)} (${duration(summary.durationSeconds)}).\n`,
    );
  return "done";
}

/** Processes, then resources, then the folder. */
async function remove(context: World, stack: OpenStack): Promise<RunSummary> {
  await stopStack(context, stack, "destroy");
  const title = `${stack.blueprint.name} (${stack.blueprint.stack})`;
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
    return engine.destroyResources({ command: "destroy", lockWaitSeconds: "held", onRow });
  };
  const summary = await run().finally(async () => {
    guard.release();
    await reporter.close();
  });
  demandGoodEnding(summary);
  await context.platform.removeHome(stack.home);
  return summary;
}
