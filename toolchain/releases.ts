import type { Platform } from "./platform.ts";
import type { ReleaseSource } from "./sources/source.ts";

/*
 * How publishers name the archives of a release and the list of their hashes. The list is fetched over https from the
 * same release: docs/adr/0003-toolchain.md says what that is worth, and why hashes are not pinned here.
 */

/** Pulumi's own scheme. */
export function pulumiRelease(version: string): ReleaseSource {
  const base = `https://github.com/pulumi/pulumi/releases/download/v${version}`;
  return release(version, ["pulumi"], (platform) => ({
    url: `${base}/pulumi-v${version}-${platform}.tar.gz`,
    sums: `${base}/pulumi-${version}-checksums.txt`,
  }));
}

/** The scheme of the Prometheus project's release tool; some repositories put a `v` before the version in the file name. */
export function prometheusRelease(
  repository: string,
  version: string,
  programs: readonly string[],
  v = "",
): ReleaseSource {
  const base = `https://github.com/${repository}/releases/download/v${version}`;
  const name = repository.split("/").at(-1) ?? repository;
  return release(version, programs, (platform) => ({
    url: `${base}/${name}-${v}${version}.${goPlatform(platform)}.tar.gz`,
    sums: `${base}/sha256sums.txt`,
  }));
}

/** Grafana publishes each hash beside its archive. */
export function grafanaRelease(version: string): ReleaseSource {
  const at = (platform: Platform) =>
    `https://dl.grafana.com/oss/release/grafana-${version}.${goPlatform(platform)}.tar.gz`;
  const { assets } = release(version, [], (platform) => ({ url: at(platform), sums: `${at(platform)}.sha256` }));
  return { kind: "release", version, assets, programs: { grafana: "bin/grafana" } };
}

function release(
  version: string,
  programs: readonly string[],
  at: (platform: Platform) => { url: string; sums: string },
): ReleaseSource {
  const asset = (platform: Platform) => ({ url: at(platform).url, sha256: { sums: at(platform).sums } });
  return {
    kind: "release",
    version,
    assets: {
      "linux-x64": asset("linux-x64"),
      "linux-arm64": asset("linux-arm64"),
      "darwin-arm64": asset("darwin-arm64"),
    },
    programs: Object.fromEntries(programs.map((program) => [program, program])),
  };
}

/** A platform in Go's words: `linux-amd64`. */
function goPlatform(platform: Platform): string {
  return platform.replace("x64", "amd64");
}
