import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";
import {
  SourceUnavailable,
  type DebianSource,
  type InstallContext,
  type Installed,
  type SourceContext,
} from "./source.ts";
import { which } from "./which.ts";

/** Why Debian's archive cannot serve, as far as this machine tells. */
export async function checkDebian(source: DebianSource, context: SourceContext): Promise<string | undefined> {
  if (!context.platform.startsWith("linux-")) return `no Debian packages for ${context.platform}`;
  for (const program of ["apt-get", "apt-cache", "dpkg-deb"]) {
    if ((await which(program, context.env)).length === 0) return `not a Debian system: ${program} is not on PATH`;
  }
  if (context.offline) return "offline";
  const { stdout } = await run("apt-cache", ["policy", source.packages[0]], { env: context.env, timeout: 30 });
  if (/Candidate: (?!\(none\))\S/.test(stdout)) return undefined;
  return `apt knows no ${source.packages[0]}: run apt-get update`;
}

/**
 * Downloads the packages with apt, which verifies them, and unpacks them into the tool's folder. No root is needed and
 * nothing is installed, so no service starts.
 * @throws SourceUnavailable
 */
export async function installDebian(source: DebianSource, context: InstallContext): Promise<Installed> {
  const { env, dir } = context;
  context.onPhase("download", source.packages.join(" "));
  const apt = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "APT::Sandbox::User=root"];
  await run("apt-get", [...apt, "download", ...source.packages], {
    env,
    cwd: dir,
    timeout: 300,
    signal: context.signal,
  });

  context.onPhase("install", source.packages[0]);
  for (const archive of (await readdir(dir)).filter((file) => file.endsWith(".deb"))) {
    await run("dpkg-deb", ["-x", join(dir, archive), dir], { env, timeout: 120 });
    await rm(join(dir, archive));
  }
  await mkdir(join(dir, "bin"));
  const bin: Record<string, string> = {};
  for (const program of context.programs) {
    const target = source.programs[program];
    if (target === undefined) throw new SourceUnavailable(`${source.packages[0]} has no ${program}`);
    bin[program] = await writeLauncher(dir, program, target);
  }
  return { bin };
}

/** The packages' libraries lie in this folder and not where the loader looks. */
async function writeLauncher(dir: string, program: string, target: string): Promise<string> {
  const triplet = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const script = `#!/bin/sh
here="$(cd -- "$(dirname -- "$0")/.." && pwd)"
LD_LIBRARY_PATH="$here/usr/lib/${triplet}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/${target}" "$@"
`;
  const path = join("bin", program);
  await writeFile(join(dir, path), script, { mode: 0o755 });
  return path;
}
