import type { Platform } from "../platform.ts";

/** Executables found on PATH, when their version lies in the tool's range. Nothing is downloaded. */
export interface PathSource {
  kind: "path";
  /** Folders that may hold the tool's other files, where they do not lie beside the executables. */
  roots?: readonly string[];
}

/** One npm package per platform, pinned by its integrity hash. `folder` holds the files of the tool. */
export interface NpmSource {
  kind: "npm";
  packages: Readonly<Partial<Record<Platform, { name: string; integrity: string }>>>;
  version: string;
  folder: string;
  /** List of symbolic links that the package could not carry: `[{ source, target }]`, relative to the package. */
  links: string;
}

/** How a Python distribution offers a program: a module to run, or a file (glob) inside the virtual environment. */
export type PythonProgram = { module: string } | { file: string };

/** Python distributions in a virtual environment of their own, every file hash pinned by `toolchain/pypi/<lock>.txt`. */
export interface PypiSource {
  kind: "pypi";
  distribution: string;
  version: string;
  lock: string;
  /** Supported Python versions. */
  python: string;
  programs: Readonly<Record<string, PythonProgram>>;
  platforms: readonly Platform[];
  /** Some distributions of the lock exist as source only, so building is allowed. */
  build?: true;
}

/** A build from a Go module pinned by `toolchain/go/<module>/go.mod` and go.sum, checked by the Go checksum database. */
export interface GoSource {
  kind: "go";
  folder: string;
  module: string;
  /** The tool's version; the module's own where `moduleVersion` is left out. */
  version: string;
  moduleVersion?: string;
  packages: readonly string[];
  /** Variable that the linker sets to the tool's version. */
  versionVariable: string;
}

/**
 * Packages of the machine's own Debian archive, unpacked without installing; apt verifies signature and hash. The first
 * is the tool, the others are the libraries it needs. The version is the archive's.
 */
export interface DebianSource {
  kind: "debian";
  packages: readonly [string, ...string[]];
  programs: Readonly<Record<string, string>>;
}

/** The publisher's release archive over https, checked by the publisher's sums file of the same release. */
export interface ReleaseSource {
  kind: "release";
  version: string;
  assets: Readonly<Partial<Record<Platform, ReleaseAsset>>>;
  /** Where the executables lie once the archive's single top folder is stripped. */
  programs: Readonly<Record<string, string>>;
}

export interface ReleaseAsset {
  url: string;
  /** A pinned hash, or the address of the release's own list of hashes. */
  sha256: string | { sums: string };
}

export type Source = PathSource | NpmSource | PypiSource | GoSource | DebianSource | ReleaseSource;

/** What a source needs to know of the machine and the run. */
export interface SourceContext {
  /** Environment of the caller: PATH, proxies, GOCACHE and pip settings are its own. */
  env: NodeJS.ProcessEnv;
  platform: Platform;
  offline: boolean;
  signal?: AbortSignal | undefined;
}

/** What an installation needs besides: where to put the files and whom to tell. */
export interface InstallContext extends SourceContext {
  /** An empty folder that becomes the tool's root once it is verified. */
  dir: string;
  programs: readonly string[];
  onPhase: (phase: "download" | "build" | "install", detail: string) => void;
}

export interface Installed {
  /** Executables by program name, absolute or relative to the installation folder. */
  bin: Readonly<Record<string, string>>;
  /** Folder with the other files of the tool, absolute or relative; the installation folder when left out. */
  root?: string;
  /** Further files that the executables cannot do without, absolute or relative. */
  requires?: readonly string[];
}

/** Why a source cannot serve. The message is one line for people. */
export class SourceUnavailable extends Error {
  override name = "SourceUnavailable";
}
