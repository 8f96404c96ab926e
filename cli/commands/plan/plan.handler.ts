import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import { writeLine } from "../../output/json.ts";
import { openEngine, type SessionWorld } from "../../session.ts";
import { openStack } from "../../stack.ts";
import { planLines } from "./ui/lines.ts";

interface PlanOptions {
  detailedExitcode?: boolean;
}

/** Prints what `up` would change. Ends `drift` when asked for a detailed exit code and something would change. */
export async function plan(
  context: SessionWorld & Pick<Context, "stdout">,
  { detailedExitcode = false }: PlanOptions,
): Promise<ExitFamily> {
  const { stdout, settings, interruption } = context;
  const stack = await openStack(context, { create: true });
  const { engine } = await openEngine(context, stack, {});
  const { rows, resources, durationSeconds } = await engine.plan({ signal: interruption.signal });
  if (settings.json) {
    for (const row of rows) writeLine(stdout, { type: "change", ...row });
    writeLine(stdout, { type: "summary", changes: rows.length, resources, durationSeconds });
  } else stdout.write(`${planLines({ rows, resources }, stdout).join("\n")}\n`);
  return detailedExitcode && rows.length > 0 ? "drift" : "done";
}
