import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { coerce, gte } from "semver";
import { asset } from "../assets.ts";
import { run } from "./run.ts";
import type { GoSource, InstallContext, Installed, SourceContext } from "./source.ts";
import { which } from "./which.ts";

/** One build at a time: each uses all cores and up to 2 GB. */
const oneBuild = pLimit(1);

/** Why the module cannot be built, as far as this machine tells. */
export async function checkGo(source: GoSource, context: SourceContext): Promise<string | undefined> {
  if ((await which("go", context.env)).length === 0) return "go is not on PATH";
  const wanted = /^go (\S+)$/m.exec(await readFile(join(asset(`go/${source.folder}`), "go.mod"), "utf8"))?.[1];
  const { stdout } = await run("go", ["version"], { env: goEnv(context), timeout: 20 });
  const found = coerce(/go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1]);
  const needed = coerce(wanted);
  if (found === null || needed === null || !gte(found, needed))
    return `go is ${found?.version ?? "unknown"}, needed is ${wanted ?? "unknown"}`;
  return undefined;
}

/** Asks the module proxy (or the module cache) for the pinned version. */
export async function probeGo(source: GoSource, context: SourceContext): Promise<void> {
  const version = source.moduleVersion ?? source.version;
  await run("go", ["list", "-m", `${source.module}@v${version}`], { env: goEnv(context), timeout: 60 });
}

/**
 * Builds the pinned module. go.sum beside its go.mod fixes every dependency, and the Go checksum database vouches for
 * what go.sum was made from. Without cgo, so the result needs no C library and is the same on every machine.
 * @throws SourceUnavailable
 */
export async function installGo(source: GoSource, context: InstallContext): Promise<Installed> {
  const cwd = asset(`go/${source.folder}`);
  const env = goEnv(context);
  context.onPhase("download", `${source.module} v${source.version}`);
  // Listing the dependencies fetches just the modules that the build will read, beside another tool's build.
  await run("go", ["list", "-deps", ...source.packages], { env, cwd, timeout: 900, signal: context.signal });

  await oneBuild(async () => {
    context.onPhase("build", `${source.module} v${source.version}`);
    const bin = join(context.dir, "bin");
    await mkdir(bin);
    const flags = `-s -w -X ${source.versionVariable}=${source.version}`;
    const args = ["build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", `${bin}/`, ...source.packages];
    await run("go", args, { env, cwd, timeout: 3600, signal: context.signal });
  });
  return { bin: Object.fromEntries(context.programs.map((program) => [program, `bin/${program}`])) };
}

/** The caller's caches and proxy, but none of its switches that would change what is built. */
function goEnv(context: SourceContext): NodeJS.ProcessEnv {
  const pinned = { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOTOOLCHAIN: "local", GOWORK: "off" };
  return { ...context.env, ...pinned, ...(context.offline && { GOPROXY: "off" }) };
}
