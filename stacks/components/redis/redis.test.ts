import { output, type Input } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register, type Registered } from "../../../tests/harness/register.ts";
import type { NeedOf } from "../component.ts";
import { redis } from "./redis.ts";
import { redisSpec } from "./spec.ts";

const claim = (consumer: string, instance: "cache" | "queue"): NeedOf<"redis"> => ({ consumer, on: "redis", instance });

function build(spec: unknown = {}, consumers: NeedOf<"redis">[] = []) {
  return register(() =>
    redis.on.local(fakeTarget(), { spec: redisSpec.parse(spec), consumers, built: {}, envOf: () => ({}) }),
  );
}

const inputsOf = (resources: Registered[], name: string) =>
  resources.find((resource) => resource.name === name)!.inputs;

test("two servers and one exporter are registered", async () => {
  const { result, resources } = await build();
  const processes = resources.filter(({ type }) => type === "purlin:local:Process").map(({ name }) => name);
  expect(processes.sort()).toEqual(["redis-cache", "redis-exporter", "redis-queue"]);
  expect(result.scrape.map(({ labels }) => labels.instance)).toEqual(["cache", "queue"]);
});

test("the cache may forget, the queue may not", async () => {
  const { resources } = await build({ cache: { maxMemory: "64MiB", policy: "allkeys-lfu" } });
  expect(inputsOf(resources, "redis-cache-conf")["content"]).toMatch(
    /maxmemory 67108864\nmaxmemory-policy allkeys-lfu\n(.*\n)*appendonly no\n/,
  );
  expect(inputsOf(resources, "redis-queue-conf")["content"]).toMatch(
    /maxmemory-policy noeviction\n(.*\n)*appendonly yes\nappendfsync always\n/,
  );
});

describe("users", () => {
  test("are made for the instance claimed only, limited to their prefix, their passwords hashed", async () => {
    const { result, resources } = await build({}, [claim("api", "cache")]);
    const acl = inputsOf(resources, "redis-cache-acl");
    expect(acl["content"]).toMatch(
      /^user api on #[0-9a-f]{64} ~api:\* resetchannels &api:\* \+@all -@admin -@dangerous /m,
    );
    expect(acl["content"]).toMatch(/^user default off resetkeys resetchannels -@all$/m);
    expect(acl["content"]).not.toContain("secret-of-");
    expect(inputsOf(resources, "redis-queue-acl")["content"]).not.toContain("user api");
    expect(result.outputs.queue.consumers).toEqual({});
  });

  test("are changed without a restart", async () => {
    const [before, after] = [await build(), await build({}, [claim("api", "queue")])];
    const [old, now] = [before.resources, after.resources];
    expect(inputsOf(now, "redis-queue")).toEqual(inputsOf(old, "redis-queue"));
    expect(inputsOf(now, "redis-queue-acl-load")).not.toEqual(inputsOf(old, "redis-queue-acl-load"));
    expect(inputsOf(now, "redis-cache-acl-load")).toEqual(inputsOf(old, "redis-cache-acl-load"));
  });
});

test("env names what was claimed and the prefix of its keys", async () => {
  const claims = [claim("api", "queue")];
  const { result } = await build({}, claims);
  expect(await settled(redis.env(result.outputs, claims, "run"))).toEqual({
    REDIS_QUEUE_URL: "redis://api:secret-of-redis/queue/api@127.0.0.1:20002",
    REDIS_KEY_PREFIX: "api:",
  });
});

/** The values of an environment, secrets in the clear. */
function settled(env: Record<string, Input<string>>): Promise<Record<string, string>> {
  return new Promise((resolve) => {
    output(env).apply((values) => resolve(values));
  });
}
