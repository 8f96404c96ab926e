import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lightBlueprint, makeProject, type Project } from "./support/project.ts";
import { purlin } from "./support/purlin.ts";

/* A plan of what was never up: it shows everything, and leaves nothing. */

let project: Project;
let temporary: string;

beforeAll(() => {
  project = makeProject({ blueprint: lightBlueprint });
  temporary = join(project.dir, "tmp");
  mkdirSync(temporary);
});

afterAll(() => project.dispose());

const plan = () => {
  const env = { ...project.env, TMPDIR: temporary };
  return purlin(["plan", "--json", "--detailed-exitcode"], { cwd: project.dir, env });
};

const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

test("before the first up a plan shows everything to create, and leaves nothing behind", async () => {
  const { code, stdout } = await plan();
  expect(code).toBe(9);
  const lines = stdout.trimEnd().split("\n");
  const operations = lines.flatMap((line) => (JSON.parse(line) as { operation?: string }).operation ?? []);
  expect(operations.length).toBeGreaterThan(40);
  expect(new Set(operations)).toEqual(new Set(["create"]));
  expect(readdirSync(project.home).sort()).toEqual(["logs", "toolchain"]);
  expect(readdirSync(temporary)).toEqual([]);
});

test("after init it leaves the stack's folder as init made it", async () => {
  await project.ok("init");
  const before = filesOf(join(project.home, "stacks"));
  expect((await plan()).code).toBe(9);
  expect(filesOf(join(project.home, "stacks"))).toEqual(before);
  expect(readdirSync(temporary)).toEqual([]);
});
