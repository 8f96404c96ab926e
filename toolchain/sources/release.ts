import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { run } from "./run.ts";
import {
  SourceUnavailable,
  type InstallContext,
  type Installed,
  type ReleaseAsset,
  type ReleaseSource,
  type SourceContext,
} from "./source.ts";

const connectSeconds = 5;
const stallSeconds = 30;

/** Why the publisher's release cannot serve, as far as this machine tells. */
export function checkRelease(source: ReleaseSource, context: SourceContext): string | undefined {
  if (source.assets[context.platform] === undefined) return `no release for ${context.platform}`;
  return context.offline ? "offline" : undefined;
}

/** Asks the publisher's server whether the archive is there. */
export async function probeRelease(source: ReleaseSource, context: SourceContext): Promise<void> {
  const response = await request(assetFor(source, context).url, { method: "HEAD" });
  await response.body?.cancel();
}

/**
 * Downloads the archive, compares its sha256 and unpacks it without its top folder.
 * @throws SourceUnavailable when the server cannot be reached, the download is cut short or the hash differs.
 */
export async function installRelease(source: ReleaseSource, context: InstallContext): Promise<Installed> {
  const asset = assetFor(source, context);
  const name = basename(new URL(asset.url).pathname);
  context.onPhase("download", name);
  const expected = typeof asset.sha256 === "string" ? asset.sha256 : await publishedHash(asset.sha256.sums, name);
  const archive = join(context.dir, name);
  const found = await download(asset.url, archive, context.signal);
  if (found !== expected)
    throw new SourceUnavailable(`hash mismatch: ${name} is sha256 ${found}, expected is ${expected}`);

  context.onPhase("install", name);
  const args = ["-xzf", archive, "--strip-components=1", "--no-same-owner", "-C", context.dir];
  await run("tar", args, { env: context.env, timeout: 300 });
  await rm(archive);
  return { bin: { ...source.programs } };
}

function assetFor(source: ReleaseSource, context: SourceContext): ReleaseAsset {
  const asset = source.assets[context.platform];
  if (asset === undefined) throw new SourceUnavailable(`no release for ${context.platform}`);
  return asset;
}

/** The hash that the release itself publishes: a list of `<hash>  <file>` lines, or the hash alone. */
async function publishedHash(url: string, name: string): Promise<string> {
  const lines = (await (await request(url)).text()).split("\n").map((line) => line.trim().split(/\s+\*?/));
  const hash = lines.find(([, file]) => file === name)?.[0] ?? lines.find((line) => line.length === 1)?.[0];
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash))
    throw new SourceUnavailable(`${url} lists no hash of ${name}`);
  return hash;
}

async function download(url: string, file: string, signal: AbortSignal | undefined): Promise<string> {
  const stalled = new AbortController();
  const response = await request(url, { signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]) });
  if (response.body === null) throw new SourceUnavailable(`${new URL(url).host} sent nothing`);
  const hash = createHash("sha256");
  const watch = setTimeout(() => stalled.abort(), stallSeconds * 1000);
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      watch.refresh();
      hash.update(chunk);
      next(null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(file));
  } catch (error) {
    if (isFileError(error)) throw error;
    throw new SourceUnavailable(`${new URL(url).host} cut the download short: ${reasonOf(error)}`);
  } finally {
    clearTimeout(watch);
  }
  return hash.digest("hex");
}

/** Fails within seconds where the server cannot be reached: another source may serve, and `up` waits for this. */
async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const { host } = new URL(url);
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(), connectSeconds * 1000);
  const signal = AbortSignal.any([connecting.signal, ...(init.signal ? [init.signal] : [])]);
  try {
    const response = await fetch(url, { ...init, signal });
    if (!response.ok) throw new SourceUnavailable(`${host} answered ${response.status} for ${basename(url)}`);
    return response;
  } catch (error) {
    if (error instanceof SourceUnavailable) throw error;
    const why = connecting.signal.aborted ? `no answer within ${connectSeconds} s` : reasonOf(error);
    throw new SourceUnavailable(`${host} cannot be reached: ${why}`);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Errors of the file being written (full disk) are not the server's fault. */
function isFileError(error: unknown): boolean {
  return (
    error instanceof Error &&
    "syscall" in error &&
    error.syscall === "write" &&
    "code" in error &&
    error.code !== "EPIPE"
  );
}
