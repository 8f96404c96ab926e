import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { verifyVersion, type VersionCheck } from "../verify.ts";
import { firstUnreachable, runsAsRoot } from "./reach.ts";
import { SourceUnavailable, type Installed, type PathSource, type SourceContext } from "./source.ts";
import { which } from "./which.ts";

/** Why PATH cannot serve, or undefined. Runs the executable to learn its version. */
export async function checkPath(
  programs: readonly string[],
  version: VersionCheck,
  context: SourceContext,
): Promise<string | undefined> {
  try {
    await findOnPath({ kind: "path" }, programs, version, context);
    return undefined;
  } catch (error) {
    if (error instanceof SourceUnavailable) return error.message;
    throw error;
  }
}

/**
 * Finds all programs of a tool on PATH, in a supported version.
 * @throws SourceUnavailable
 */
export async function findOnPath(
  source: PathSource,
  programs: readonly string[],
  version: VersionCheck,
  context: SourceContext,
): Promise<Installed> {
  const bin: Record<string, string> = {};
  for (const program of programs) bin[program] = await findProgram(program, context.env);
  const asked = bin[version.program];
  if (asked === undefined) throw new SourceUnavailable(`${version.program} is not on PATH`);
  await verifyVersion(asked, version, context.env);
  return { bin, root: source.roots?.find((root) => existsSync(root)) ?? dirname(dirname(asked)) };
}

async function findProgram(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const [found] = await which(program, env);
  if (found === undefined) throw new SourceUnavailable(`${program} is not on PATH`);
  const closed = runsAsRoot() ? await firstUnreachable(found) : undefined;
  if (closed !== undefined) throw new SourceUnavailable(`${found} is closed to the platform's user by ${closed}`);
  return found;
}
