import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Blueprint } from "../../../stacks/blueprint/blueprint.ts";
import type { Context } from "../../context.ts";
import { runChecks } from "../../preflight/check.ts";
import type { Reporter } from "../../progress/event.ts";
import { findHome } from "../../stack.ts";

/**
 * Runs every quick check at once; warnings are reported, failures stop the run before it has changed anything.
 *
 * @throws PurlinError PREFLIGHT_FAILED naming every failure with its remedy.
 */
export async function checkBeforeUp(
  { platform, env }: Pick<Context, "platform" | "env">,
  blueprint: Blueprint,
  reporter: Reporter,
): Promise<void> {
  const home = await findHome(platform, blueprint);
  const checks = (await platform.checks()).filter(({ beforeUp }) => beforeUp);
  const results = await runChecks(checks, { blueprint, home, env, refresh: false });
  const failed = results.flatMap(({ title, verdict }) =>
    verdict.level === "fail" ? [{ title, problem: verdict.detail, remedy: verdict.remedy }] : [],
  );
  if (failed.length > 0) throw new PurlinError("PREFLIGHT_FAILED", { checks: failed });
  for (const { title, verdict } of results) {
    if (verdict.level !== "warn") continue;
    reporter.report({ type: "notice", level: "warn", message: `${title}: ${verdict.detail}; ${verdict.remedy}` });
  }
}
