import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import { writeLine } from "../../output/json.ts";
import { openEngine, type SessionWorld } from "../../session.ts";
import { findHome, openBlueprint, type OpenStack } from "../../stack.ts";
import { planLines } from "./ui/lines.ts";

interface PlanOptions {
  detailedExitcode?: boolean;
}

/** Prints what `up` would change, and changes nothing. Ends `drift` when asked for a detailed exit code and something would change. */
export async function plan(
  context: SessionWorld & Pick<Context, "stdout">,
  { detailedExitcode = false }: PlanOptions,
): Promise<ExitFamily> {
  const { stdout, settings, interruption } = context;
  const { blueprint, home, remove } = await openForPlan(context);
  const look = async () => {
    const { engine } = await openEngine(context, { blueprint, home }, { looksOnly: true });
    return engine.plan({ signal: interruption.signal });
  };
  const { rows, resources, durationSeconds } = await look().finally(remove);
  if (settings.json) {
    for (const row of rows) writeLine(stdout, { type: "change", ...row });
    writeLine(stdout, { type: "summary", changes: rows.length, resources, durationSeconds });
  } else stdout.write(`${planLines({ rows, resources }, stdout).join("\n")}\n`);
  return detailedExitcode && rows.length > 0 ? "drift" : "done";
}

/** The stack as it is; one that was never up is compared with nothing, in a home of its own that is removed. */
async function openForPlan(context: SessionWorld): Promise<OpenStack & { remove: () => Promise<void> }> {
  const { platform } = context;
  const blueprint = await openBlueprint(context);
  const home = await findHome(platform, blueprint);
  if (home !== undefined && (await platform.wasUp(home, blueprint))) {
    return { blueprint, home, remove: () => Promise.resolve() };
  }
  return { blueprint: { ...blueprint, backend: undefined }, ...(await platform.scratchHome(blueprint)) };
}
