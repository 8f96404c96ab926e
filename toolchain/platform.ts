import { PurlinError } from "../errors/purlin-error.ts";
import type { SourceContext } from "./sources/source.ts";

/** Machines the platform runs on. Windows runs it through WSL, which is linux-x64. */
export const platforms = ["linux-x64", "linux-arm64", "darwin-arm64"] as const;

export type Platform = (typeof platforms)[number];

/** This machine as the catalogue names it, or undefined where purlin does not run. */
function currentPlatform(): Platform | undefined {
  const here = `${process.platform}-${process.arch}`;
  return platforms.find((platform) => platform === here);
}

/**
 * What sources need to know of this machine.
 * @throws PurlinError PLATFORM_UNSUPPORTED
 */
export function sourceContext(options: {
  env: NodeJS.ProcessEnv;
  offline?: boolean;
  signal?: AbortSignal;
}): SourceContext {
  const platform = currentPlatform();
  if (platform === undefined) {
    throw new PurlinError("PLATFORM_UNSUPPORTED", { platform: `${process.platform}-${process.arch}` });
  }
  return { env: options.env, platform, offline: options.offline ?? false, signal: options.signal };
}
