import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { writeProgram } from "../testing/fakes.ts";
import { installRelease } from "./release.ts";
import { run } from "./run.ts";
import type { InstallContext, ReleaseAsset, ReleaseSource } from "./source.ts";

/*
 * The publishers' servers are out of reach of the machines that run this test, so it stands up a server of its own that
 * serves an archive it made. What is tested is everything after the address: hash, stall, truncation, unpacking.
 */

async function archive(): Promise<Buffer> {
  const folder = temporaryFolder();
  await mkdir(join(folder, "tool-1.0.0", "share"), { recursive: true });
  await writeProgram(join(folder, "tool-1.0.0", "tool"), "1.0.0");
  await run("tar", ["-czf", "tool.tar.gz", "tool-1.0.0"], { env: process.env, cwd: folder, timeout: 20 });
  return readFile(join(folder, "tool.tar.gz"));
}

async function serve(files: Record<string, Buffer | string>, cut = false): Promise<string> {
  const server = createServer((request, response) => {
    const content = files[request.url ?? ""];
    if (content === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { "content-length": Buffer.byteLength(content) });
    if (!cut) return void response.end(content);
    response.write(content.slice(0, 20), () => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
}

async function install(asset: ReleaseAsset) {
  const source: ReleaseSource = {
    kind: "release",
    version: "1.0.0",
    assets: { "linux-x64": asset },
    programs: { tool: "tool" },
  };
  const context: InstallContext = {
    env: process.env,
    platform: "linux-x64",
    offline: false,
    dir: temporaryFolder(),
    programs: ["tool"],
    onPhase: () => undefined,
  };
  return { dir: context.dir, installed: await installRelease(source, context) };
}

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

test("an archive with the pinned hash is unpacked without its top folder", async () => {
  const content = await archive();
  const server = await serve({ "/tool.tar.gz": content });
  const { dir, installed } = await install({ url: `${server}/tool.tar.gz`, sha256: sha256(content) });
  expect(installed.bin).toEqual({ tool: "tool" });
  expect((await stat(join(dir, "tool"))).mode & 0o111).not.toBe(0);
  await expect(stat(join(dir, "tool.tar.gz"))).rejects.toThrow("ENOENT");
});

test("the hash may come from the release's own list of many files", async () => {
  const content = await archive();
  const sums = `${"0".repeat(64)}  other.tar.gz\n${sha256(content)}  tool.tar.gz\n`;
  const server = await serve({ "/tool.tar.gz": content, "/sums.txt": sums });
  const { installed } = await install({ url: `${server}/tool.tar.gz`, sha256: { sums: `${server}/sums.txt` } });
  expect(installed.bin).toEqual({ tool: "tool" });
});

test.each([
  ["has another hash", "hash mismatch", {}],
  ["is cut short", "cut the download short", { cut: true }],
])("an archive that %s is refused", async (_name, reason, { cut = false }: { cut?: boolean }) => {
  const server = await serve({ "/tool.tar.gz": await archive() }, cut);
  await expect(install({ url: `${server}/tool.tar.gz`, sha256: "0".repeat(64) })).rejects.toThrow(reason);
});

test("a list without the archive is refused, and so is a missing archive", async () => {
  const server = await serve({ "/tool.tar.gz": await archive(), "/sums.txt": `${"0".repeat(64)}  other.tar.gz\n` });
  const listed = install({ url: `${server}/tool.tar.gz`, sha256: { sums: `${server}/sums.txt` } });
  await expect(listed).rejects.toThrow("lists no hash of tool.tar.gz");
  await expect(install({ url: `${server}/gone.tar.gz`, sha256: "" })).rejects.toThrow("answered 404 for gone.tar.gz");
});

test("a server that does not listen is told by name", async () => {
  const server = await serve({});
  const dead = new URL(server);
  dead.port = "1";
  await expect(install({ url: `${dead.origin}/tool.tar.gz`, sha256: "" })).rejects.toThrow(
    "127.0.0.1:1 cannot be reached",
  );
});
