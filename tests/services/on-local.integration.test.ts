import { output, type Input } from "@pulumi/pulumi";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveBlueprint } from "../../stacks/blueprint/resolve.ts";
import type { Outputs, Specs } from "../../stacks/components/component.ts";
import { program } from "../../stacks/program.ts";
import { running, type Running } from "../harness/running.ts";

/*
 * The repository's own services on the data tier the components make: the API gets all it needs from its environment,
 * and least privilege is enough for it. `npm run build` comes first, as before `purlin up`.
 */
const root = join(import.meta.dirname, "../..");
const specs: Partial<Specs> = { ...resolveBlueprint({ file: join(root, "purlin.yaml"), stack: "dev" }).components };
delete specs.gateway;
delete specs.mindsdb;
delete specs.monitoring;

let platform: Running;
let outputs: Partial<Outputs>;

const build = () =>
  platform.apply((target) =>
    program({ name: "shop", stack: "dev", target: "local", file: "", components: specs }, { ...target, root }),
  );

beforeAll(async () => {
  platform = await running(specs, ["postgres", "postgres_exporter", "redis", "redis_exporter", "seaweedfs"]);
  outputs = await build();
});

afterAll(() => platform.stop());

const port = (value: Input<number> | undefined) => new Promise((resolve) => output(value).apply(resolve));

test("both instances of the API are ready, with every dependency", async () => {
  for (const { internal } of outputs.services?.["api"]?.instances ?? []) {
    const answer = await fetch(`http://127.0.0.1:${String(await port(internal.port))}/readyz`);
    const report: unknown = await answer.json();
    expect(report).toMatchObject({
      status: "ready",
      checks: { storage: { ok: true }, "postgres-replicas": { ok: true } },
    });
  }
  expect(outputs.services?.["api"]?.instances).toHaveLength(2);
});

test("a record created on one instance is read on the other, its file byte for byte, and listed from the cache", async () => {
  const [first, second] = outputs.services?.["api"]?.instances ?? [];
  const url = async (instance = first) => `http://127.0.0.1:${String(await port(instance?.http?.port))}`;
  const created = await fetch(`${await url()}/records`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title: "whole" }),
  });
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const form = new FormData();
  form.append("file", new Blob(["bytes"]), "file.bin");
  const uploaded = await fetch(`${await url()}/records/${id}/attachments`, { method: "POST", body: form });
  expect(uploaded.status).toBe(201);
  const token = { headers: { "x-consistency-token": uploaded.headers.get("x-consistency-token") ?? "" } };
  const read = await fetch(`${await url(second)}/records/${id}`, token);
  expect(read.headers.get("x-served-by")).toMatch(/^replica-[12]$/);
  const { attachments } = (await read.json()) as { attachments: { id: string }[] };
  const file = await fetch(`${await url(second)}/records/${id}/attachments/${attachments[0]?.id}`, token);
  expect(await file.text()).toBe("bytes");
  await fetch(`${await url()}/records`);
  const list = await fetch(`${await url(second)}/records`);
  expect(list.headers.get("x-served-by")).toBe("cache");
});

test("the migration runs again without harm", async () => {
  await platform.runTask("api-migrate");
  expect(platform.output("api-migrate")).toContain("schema is up to date");
});
