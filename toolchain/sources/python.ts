import { realpath } from "node:fs/promises";
import { satisfies } from "semver";
import { firstUnreachable, runsAsRoot } from "./reach.ts";
import { run } from "./run.ts";
import { SourceUnavailable, type SourceContext } from "./source.ts";
import { which } from "./which.ts";

const names = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"];
const usual = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
const question = "import sys, platform; print(platform.python_version(), sys.executable)";

/**
 * Absolute path of a Python in the range that has pip and venv and that the platform's user may run, from PATH or else
 * from the usual places: with a version manager first on PATH, root's Python lies where no one else may look.
 * @throws SourceUnavailable with the reason why each one found does not do.
 */
export async function findPython(range: string, context: SourceContext, places = usual): Promise<string> {
  const env = { ...context.env, PATH: [context.env["PATH"] ?? "", ...places].join(":") };
  const reasons: string[] = [];
  for (const name of names) {
    for (const candidate of await which(name, env)) {
      const reason = await whyNot(candidate, range, context);
      if (reason === undefined) return candidate;
      reasons.push(reason);
    }
  }
  const why = [...new Set(reasons)].slice(0, 3).join("; ");
  throw new SourceUnavailable(`no Python ${range} with pip${why === "" ? "" : `: ${why}`}`);
}

async function whyNot(candidate: string, range: string, context: SourceContext): Promise<string | undefined> {
  try {
    const { stdout } = await run(candidate, ["-c", question], { env: context.env, timeout: 20 });
    const [version = "", executable = candidate] = stdout.trim().split(" ");
    if (!satisfies(version, range)) return `${candidate} is ${version}`;
    const closed = runsAsRoot() ? await firstUnreachable(await realpath(executable)) : undefined;
    if (closed !== undefined) return `${candidate} is closed to the platform's user by ${closed}`;
    await run(candidate, ["-c", "import pip, venv"], { env: context.env, timeout: 20 });
    return undefined;
  } catch (error) {
    if (!(error instanceof SourceUnavailable)) throw error;
    return `${candidate} does not run or lacks pip or venv`;
  }
}
