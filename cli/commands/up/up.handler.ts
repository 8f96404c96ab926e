import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import type { RunSummary } from "../../engine/engine.ts";
import { writeLine } from "../../output/json.ts";
import { openReporter } from "../../progress/reporter.ts";
import type { Reporter } from "../../progress/event.ts";
import { demandGoodEnding } from "../../run-ending.ts";
import { openEngine, type Session, type SessionWorld } from "../../session.ts";
import { openBlueprint } from "../../stack.ts";
import { checkBeforeUp } from "./before-up.ts";
import { componentTimer } from "./component-times.ts";
import { guardRun } from "../../guard-run.ts";
import { closingLines } from "./ui/closing.ts";

interface UpOptions {
  /** Seconds. */
  lockWait: number;
}

/**
 * Makes the platform what the blueprint says: checks, tools, engine, and a closing table.
 *
 * @throws PurlinError PREFLIGHT_FAILED before the first change, RUN_FAILED, RUN_INTERRUPTED.
 */
export async function up(
  context: SessionWorld & Pick<Context, "stdout" | "now">,
  { lockWait }: UpOptions,
): Promise<ExitFamily> {
  const { stdout, settings, platform } = context;
  const blueprint = await openBlueprint(context);
  const title = `${blueprint.name} (${blueprint.stack})`;
  const reporter = await openReporter(context, { title, components: await platform.startOrder(blueprint) });
  const times = componentTimer(context.now);
  const guard = guardRun(context, reporter, "up");
  const run = async (): Promise<{ session: Session; summary: RunSummary }> => {
    reporter.report({ type: "phase", title: "Checking" });
    await checkBeforeUp(context, blueprint, reporter);
    reporter.report({ type: "phase", title: "Getting tools" });
    const home = await platform.openHome(blueprint, { create: true });
    const session = await openEngine(context, { blueprint, home }, reporting(reporter));
    guard.engine(session.engine);
    reporter.report({ type: "phase", title: "Making it real" });
    const onRow: NonNullable<Parameters<typeof session.engine.up>[0]["onRow"]> = (row) => {
      times.step(row);
      reporter.report({ type: "step", row });
    };
    return { session, summary: await session.engine.up({ command: "up", lockWaitSeconds: lockWait, onRow }) };
  };
  const { summary } = await run().finally(async () => {
    guard.release();
    await reporter.close();
  });
  demandGoodEnding(summary);
  const durations = times.durations();
  if (settings.json) writeLine(stdout, { type: "summary", ...summary, components: durations });
  else stdout.write(`${closingLines({ title, summary, durations, to: stdout }).join("\n")}\n`);
  return "done";
}

function reporting(reporter: Reporter): Parameters<typeof openEngine>[2] {
  return {
    onProgress: (progress) => reporter.report({ type: "tool", progress }),
    onNotice: (level, message) => reporter.report({ type: "notice", level, message }),
  };
}
