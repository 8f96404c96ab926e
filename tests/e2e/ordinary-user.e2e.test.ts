import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeClient } from "./support/client.ts";
import { findLeaks } from "./support/leaks.ts";
import { lightBlueprint, makeProject, type Project } from "./support/project.ts";
import type { Place } from "./support/sign-up.ts";
import { createTask, missingTasks, openWorkplace } from "./support/tasks.ts";

/*
 * The platform needs no root. Started by root these tests become `nobody`; started by anybody else they are that user
 * already, like all the other tests.
 */
const nobody = { uid: 65534, gid: 65534 };
const user = process.getuid?.() === 0 ? nobody : undefined;
const uid = user?.uid ?? process.getuid?.();

let project: Project;

beforeAll(async () => {
  project = makeProject({ blueprint: lightBlueprint, ...(user ? { user } : {}) });
  project.env["HOME"] = project.home;
  await project.ok("up", "--yes");
});

afterAll(async () => {
  await project.dispose();
});

test("every process belongs to the user, and so does every file", () => {
  const processes = findLeaks(project.home);
  expect(processes.length).toBeGreaterThan(10);
  for (const { pid } of processes) expect(statSync(`/proc/${pid}`).uid).toBe(uid);
  for (const name of readdirSync(join(project.home, "stacks"), { recursive: true, encoding: "utf8" })) {
    expect(statSync(join(project.home, "stacks", name), { throwIfNoEntry: false })?.uid ?? uid, name).toBe(uid);
  }
});

test("files that hold secrets are closed to everybody else", () => {
  const stack = join(project.home, "stacks/light-dev");
  for (const name of ["passphrase", "master.key"]) expect(statSync(join(stack, name)).mode & 0o077, name).toBe(0);
  for (const name of readdirSync(join(stack, "processes"), { recursive: true, encoding: "utf8" })) {
    const file = join(stack, "processes", name);
    const found = statSync(file);
    if (found.isFile() && /PASSWORD|password|SECRET/.test(readFileSync(file, "utf8"))) {
      expect(found.mode & 0o007, name).toBe(0);
    }
  }
});

test("tasks survive down and up", async () => {
  const place = await project.json<Place & { gateway: { ca: string } }>("outputs");
  const client = makeClient(place.gateway);
  const workplace = await openWorkplace(client, place);
  const { task } = await createTask(client, workplace, "nobody's own");
  await project.ok("down");
  expect(findLeaks(project.home)).toEqual([]);
  await project.ok("up", "--yes");
  expect(await missingTasks(client, workplace, [task.id])).toEqual([]);
  client.close();
});
