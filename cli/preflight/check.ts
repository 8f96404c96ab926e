import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import type { StackHome } from "../../stacks/home/home.ts";

/** What a check looks at. */
export interface CheckInput {
  blueprint: Blueprint;
  /** The stack's folder; undefined before the first `up`. Checks create nothing. */
  home: StackHome | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** Ask every source of every tool now, also those that failed lately. */
  refresh: boolean;
}

/** `warn` does not stop `up`. A remedy is one command or edit. */
type Verdict = { level: "ok"; detail: string } | { level: "warn" | "fail"; detail: string; remedy: string };

/** One thing that would stop `up` half way, looked at before the first change. */
export interface Check {
  id: string;
  title: string;
  /** Whether `up` runs it too: it is quick, and what it finds would stop a run. */
  beforeUp: boolean;
  run: (input: CheckInput) => Promise<Verdict> | Verdict;
}

export interface CheckResult extends Pick<Check, "id" | "title"> {
  verdict: Verdict;
}

/** Runs all checks at once. One that cannot even be run has failed, and says why. */
export function runChecks(checks: readonly Check[], input: CheckInput): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async ({ id, title, run }) => ({ id, title, verdict: await settle(() => run(input)) })),
  );
}

async function settle(run: () => Promise<Verdict> | Verdict): Promise<Verdict> {
  try {
    return await run();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { level: "fail", detail: `could not be checked: ${detail}`, remedy: "see `purlin doctor --verbose`" };
  }
}
