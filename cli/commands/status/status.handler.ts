import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import { writeDocument } from "../../output/json.ts";
import type { ProcessRow } from "../../platform.ts";
import { openStack } from "../../stack.ts";
import { statusLines } from "./ui/table.ts";

/** Prints a row for every process. Ends `unhealthy` when one of them is not well, or when nothing is up. */
export async function status(
  context: Pick<Context, "stdout" | "stderr" | "now" | "cwd" | "settings" | "platform">,
): Promise<ExitFamily> {
  const { stdout, stderr, settings, platform, now } = context;
  const { blueprint, home } = await openStack(context, { create: false });
  const rows = await platform.processStatus(home);
  if (settings.json) writeDocument(stdout, { name: blueprint.name, stack: blueprint.stack, rows: rows.map(publicRow) });
  else if (rows.length > 0) stdout.write(`${statusLines(rows, stdout, now()).join("\n")}\n`);
  else stderr.write(`Nothing of ${blueprint.name} (${blueprint.stack}) is up. Start it with \`purlin up\`.\n`);
  return rows.length > 0 && rows.every(isHealthy) ? "done" : "unhealthy";
}

export function isHealthy(row: Pick<ProcessRow, "state" | "probe">): boolean {
  return row.state === "running" && row.probe.ok;
}

/** The fields of the contract, in its order. */
function publicRow({ component, name, state, since, probe, pid, restarts }: ProcessRow): object {
  return { component, name, state, since, probe, pid, restarts };
}
