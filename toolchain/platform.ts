/** Machines the platform runs on. Windows runs it through WSL, which is linux-x64. */
export const platforms = ["linux-x64", "linux-arm64", "darwin-arm64"] as const;

export type Platform = (typeof platforms)[number];

/** This machine as the catalogue names it, or undefined where purlin does not run. */
export function currentPlatform(): Platform | undefined {
  const here = `${process.platform}-${process.arch}`;
  return platforms.find((platform) => platform === here);
}
