import { output, type Input } from "@pulumi/pulumi";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveBlueprint } from "../../stacks/blueprint/resolve.ts";
import type { Outputs, Specs } from "../../stacks/components/component.ts";
import { program } from "../../stacks/program.ts";
import { makeClient, type Client } from "../e2e/support/client.ts";
import { attach, createTask, openWorkplace } from "../e2e/support/tasks.ts";
import { running, type Running } from "../harness/running.ts";

/*
 * The repository's own services on what the components make: each gets all it needs from its environment, and least
 * privilege is enough for it. `npm run build` comes first, as before `purlin up`.
 */
const root = join(import.meta.dirname, "../..");
const specs: Partial<Specs> = { ...resolveBlueprint({ file: join(root, "purlin.yaml"), stack: "dev" }).components };
delete specs.mindsdb;
delete specs.monitoring;

const release = new AsyncDisposableStack();
let platform: Running;
let outputs: Partial<Outputs>;
let client: Client;

const build = () =>
  platform.apply((target) =>
    program({ name: "shop", stack: "dev", target: "local", file: "", components: specs }, { ...target, root }),
  );

beforeAll(async () => {
  const tools = ["traefik", "postgres", "postgres_exporter", "redis", "redis_exporter", "seaweedfs"] as const;
  platform = await running(specs, [...tools]);
  release.defer(platform.stop);
  outputs = await build();
  client = makeClient({ url: await plain(outputs.gateway?.url), ca: await plain(outputs.gateway?.ca) });
  release.defer(client.close);
});

afterAll(() => release.disposeAsync());

const port = (value: Input<number> | undefined) => new Promise((resolve) => output(value).apply(resolve));
const plain = (value: Input<string> | undefined) =>
  new Promise<string>((resolve) => output(value).apply((known) => resolve(known ?? "")));

test.each(["auth", "api", "realtime", "worker"])("both instances of %s are ready", async (service) => {
  const instances = outputs.services?.[service]?.instances ?? [];
  expect(instances).toHaveLength(2);
  for (const { internal } of instances) {
    const at = String(await port(internal.port));
    const failed = async () => {
      const answer = await fetch(`http://127.0.0.1:${at}/readyz`);
      const { checks } = (await answer.json()) as { checks: Record<string, { ok: boolean }> };
      const names = Object.entries(checks).flatMap(([name, { ok }]) => (ok || name === "mindsdb" ? [] : [name]));
      return { status: answer.status, names };
    };
    await expect.poll(failed, { timeout: 20_000 }).toEqual({ status: 200, names: [] });
  }
});

test("a task created on one instance is read on the other, its file byte for byte", async () => {
  const place = { gateway: { url: await plain(outputs.gateway?.url) }, mail: { url: await plain(outputs.mail?.url) } };
  const workplace = await openWorkplace(client, place);
  const { task, reply } = await createTask(client, workplace, "whole");
  const content = Buffer.from("bytes");
  const file = await attach(client, workplace, task.id, { name: "file.txt", contentType: "text/plain", content });

  const base = `/organisations/${workplace.organisationId}/tasks/${task.id}`;
  const headers = {
    authorization: `Bearer ${workplace.key}`,
    "x-consistency-token": String(reply.headers["x-consistency-token"]),
  };
  for (const { http } of outputs.services?.["api"]?.instances ?? []) {
    const url = `http://127.0.0.1:${String(await port(http?.port))}${base}`;
    const read = await fetch(url, { headers });
    expect(read.headers.get("x-served-by")).toMatch(/^replica-[12]$/);
    expect(await read.json()).toMatchObject({ title: "whole" });
    const got = await fetch(`${url}/attachments/${file.id}/content`, { headers });
    expect(await got.text()).toBe("bytes");
  }
});

test.each(["auth", "api", "realtime", "worker"])("the migration of %s runs again without harm", async (service) => {
  await platform.runTask(`${service}-migrate`);
  expect(platform.output(`${service}-migrate`)).toContain("schema is up to date");
});

test("migrations of all services at the same time end, and none hurts another", async () => {
  const services = ["auth", "api", "realtime", "worker"];
  const ends = services.map(async (service) => {
    const child = platform.startTask(`${service}-migrate`);
    return new Promise((resolve) => child.once("close", resolve));
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0]);
});
