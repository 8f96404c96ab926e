import { coerce, satisfies } from "semver";
import { SourceUnavailable } from "./sources/source.ts";
import { run } from "./sources/run.ts";

/** How to learn a tool's version by running it, and which versions the platform supports. */
export interface VersionCheck {
  program: string;
  args: readonly string[];
  /** First group is the version. */
  pattern: RegExp;
  /** Supported versions, as a semver range. */
  range: string;
}

/**
 * Runs the executable and returns the version it reports.
 * @throws SourceUnavailable when it does not run, tells no version, or one outside the supported range.
 */
export async function verifyVersion(executable: string, check: VersionCheck, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, stderr } = await run(executable, check.args, { env, timeout: 60 });
  const reported = check.pattern.exec(stdout + stderr)?.[1]; // some print their version as a log line
  const version = coerce(reported);
  if (reported === undefined || version === null)
    throw new SourceUnavailable(`${executable} does not tell its version`);
  if (!satisfies(version, check.range)) {
    throw new SourceUnavailable(`${executable} is ${reported}, supported is ${check.range}`);
  }
  return reported;
}
