import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { writeProgram } from "../testing/fakes.ts";
import { checkPath, findOnPath } from "./path.ts";
import type { SourceContext } from "./source.ts";

const version = { program: "tool", args: ["--version"], pattern: /(\d+\.\d+\.\d+)/, range: ">=2.0.0 <3.0.0" };

async function pathWith(...programs: [name: string, version: string][]): Promise<SourceContext & { folder: string }> {
  const folder = join(temporaryFolder(), "bin");
  await mkdir(folder);
  await chmod(join(folder, ".."), 0o755);
  for (const [name, found] of programs) await writeProgram(join(folder, name), found);
  return { env: { PATH: `${folder}:/usr/bin:/bin` }, platform: "linux-x64", offline: true, folder };
}

test("a program in the supported range serves, with the folder above it as its root", async () => {
  const context = await pathWith(["tool", "2.4.1"], ["helper", "2.4.1"]);
  const found = await findOnPath({ kind: "path" }, ["tool", "helper"], version, context);
  expect(found).toEqual({
    bin: { tool: join(context.folder, "tool"), helper: join(context.folder, "helper") },
    root: join(context.folder, ".."),
  });
});

test("each reason why PATH does not serve is told", async () => {
  const old = await pathWith(["tool", "1.9.0"]);
  expect(await checkPath(["tool"], version, old)).toBe(`${old.folder}/tool is 1.9.0, supported is >=2.0.0 <3.0.0`);
  expect(await checkPath(["tool"], version, await pathWith())).toBe("tool is not on PATH");
  expect(await checkPath(["tool", "helper"], version, await pathWith(["tool", "2.0.0"]))).toBe("helper is not on PATH");
  const silent = await pathWith(["tool", "who knows"]);
  expect(await checkPath(["tool"], version, silent)).toBe(`${silent.folder}/tool does not tell its version`);
});

test("a file that is not executable is not on PATH", async () => {
  const context = await pathWith(["tool", "2.0.0"]);
  await chmod(join(context.folder, "tool"), 0o644);
  expect(await checkPath(["tool"], version, context)).toBe("tool is not on PATH");
});

test.skipIf(process.getuid?.() !== 0)("under root, a program that only root can reach does not serve", async () => {
  const context = await pathWith(["tool", "2.0.0"]);
  await chmod(context.folder, 0o700);
  expect(await checkPath(["tool"], version, context)).toBe(
    `${context.folder}/tool is closed to the platform's user by ${context.folder}`,
  );
});
