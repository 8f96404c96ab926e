import { all, ComponentResource, isSecret, Output, runtime, secret, type Resource } from "@pulumi/pulumi";
import { beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { ProcessArgs } from "../target.ts";
import { File } from "./file.ts";
import { fingerprint } from "./fingerprint.ts";
import { Process } from "./process.ts";
import { Task } from "./task.ts";

const registered = new Map<string, Record<string, unknown>>();
beforeEach(async () => {
  registered.clear();
  await runtime.setMocks({
    newResource: ({ name, inputs }) => {
      registered.set(name, z.record(z.string(), z.unknown()).parse(inputs));
      return { id: name, state: {} };
    },
    call: () => ({}),
  });
});

const args: ProcessArgs = {
  component: "demo",
  command: ["demo"],
  stop: { signal: "TERM", timeoutSeconds: 1 },
  ready: { kind: "redis", host: "127.0.0.1", port: 1, password: "canary" },
  startTimeoutSeconds: 1,
};
const made = (resources: Resource[]): Promise<unknown> =>
  new Promise((resolve) => all(resources.map(({ urn }) => urn)).apply(resolve));

it("levels count the processes a process waits for, through tasks, files and parents", async () => {
  const primary = new Process("primary", args);
  const grant = new Task("grant", { component: "demo", command: ["x"], timeoutSeconds: 1 }, { dependsOn: [primary] });
  const parent = new ComponentResource("demo:Api", "api");
  const api = new Process("api-1", args, { dependsOn: grant, parent });
  const file = new File("routes", { path: "/x", content: "" }, { dependsOn: [parent] });
  const gateway = new Process("gateway", args, { dependsOn: [file, primary] });
  const other = new Process("other", args);
  await made([primary, api, gateway, other]);
  const levels = ["primary", "api-1", "gateway", "other"].map((name) => registered.get(name)?.["level"]);
  expect(levels).toEqual([0, 1, 2, 0]);
});

it("keeps credentials of probes and the input of tasks secret", async () => {
  const process = new Process("demo", args);
  const task = new Task("task", { component: "demo", command: ["x"], input: { a: 1 }, timeoutSeconds: 1 });
  await made([process, task]);
  const signature = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
  expect(registered.get("demo")?.["ready"]).toMatchObject(signature);
  expect(registered.get("task")?.["input"]).toMatchObject({ ...signature, value: { a: 1 } });
});

it("fingerprints plain text at once, and keeps a secret's secret", async () => {
  expect(fingerprint("hello")).toBe("2cf24dba5fb0a30e");
  const hidden = Output.create(fingerprint(secret("hello")));
  expect(await isSecret(hidden)).toBe(true);
  expect(await new Promise((resolve) => hidden.apply(resolve))).toBe("2cf24dba5fb0a30e");
});
