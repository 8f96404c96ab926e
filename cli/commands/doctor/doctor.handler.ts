import type { ExitFamily } from "../../../errors/exit-codes.ts";
import { isPurlinError } from "../../../errors/purlin-error.ts";
import type { Context } from "../../context.ts";
import { writeDocument } from "../../output/json.ts";
import { runChecks, type CheckResult } from "../../preflight/check.ts";
import { findHome, openBlueprint } from "../../stack.ts";
import { doctorLines } from "./ui/lines.ts";

interface DoctorOptions {
  refresh?: boolean;
}

/** Runs every check and prints each verdict with its remedy. Ends `preflight` when one failed. Changes nothing. */
export async function doctor(
  context: Pick<Context, "stdout" | "env" | "cwd" | "settings" | "platform">,
  { refresh = false }: DoctorOptions,
): Promise<ExitFamily> {
  const { stdout, settings } = context;
  const results = await examine(context, refresh);
  if (settings.json)
    writeDocument(stdout, { checks: results.map(({ verdict, ...check }) => ({ ...check, ...verdict })) });
  else stdout.write(`${doctorLines(results, stdout).join("\n")}\n`);
  return results.some(({ verdict }) => verdict.level === "fail") ? "preflight" : "done";
}

async function examine(
  context: Pick<Context, "env" | "cwd" | "settings" | "platform">,
  refresh: boolean,
): Promise<CheckResult[]> {
  const { platform, env } = context;
  try {
    const blueprint = await openBlueprint(context);
    const home = await findHome(platform, blueprint);
    const detail = `${blueprint.file}, stack ${blueprint.stack} on ${blueprint.target}`;
    const valid: CheckResult = { id: "blueprint", title: "blueprint", verdict: { level: "ok", detail } };
    return [valid, ...(await runChecks(await platform.checks(), { blueprint, home, env, refresh }))];
  } catch (error) {
    if (!isPurlinError(error)) throw error;
    const { what, why, fix } = error.text;
    const detail = why === undefined ? what : `${what}\n${why}`;
    return [{ id: "blueprint", title: "blueprint", verdict: { level: "fail", detail, remedy: fix } }];
  }
}
