import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClient } from "./support/client.ts";
import { startEveryday } from "./support/everyday-load.ts";
import { listen } from "./support/listener.ts";
import { makeProject, productBlueprint, type Project } from "./support/project.ts";
import { statusOf } from "./support/processes.ts";
import { startReceiver } from "./support/receiver.ts";
import { signUp, type Place } from "./support/sign-up.ts";
import { openWorkplaceOf, taskIds, tellOfTasks } from "./support/tasks.ts";

/* A changed setting restarts what depends on it and nothing else, and the plan has said so, with the reason. */

interface PlanRow {
  type: string;
  component: string;
  name: string;
  operation: string;
  reasons: string[];
  risk: string;
}

const { services } = productBlueprint;
let project: Project;

/** Body of a webhook. */
interface Delivered {
  data: { entityId: string };
}

beforeAll(async () => {
  project = makeProject({ blueprint: productBlueprint });
  await project.ok("up", "--yes");
});

afterAll(async () => {
  await project.dispose();
});

async function plan(): Promise<PlanRow[]> {
  const { stdout } = await project.ok("plan", "--json");
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PlanRow);
  return rows.filter((row) => row.type !== "summary");
}

/** Names of the processes that were restarted, started or stopped by `change`. */
async function movedBy(change: () => Promise<unknown>): Promise<string[]> {
  const before = new Map((await statusOf(project)).map((row) => [row.name, row.pid]));
  await change();
  const after = new Map((await statusOf(project)).map((row) => [row.name, row.pid]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}

/** The product with further environment for each of `names`. */
function withEnv(env: Record<string, string>, ...names: (keyof typeof services)[]) {
  const changed = names.map((name) => [name, { ...services[name], env: { ...services[name].env, ...env } }]);
  return { ...services, ...(Object.fromEntries(changed) as object) };
}

const quiet = withEnv({ LOG_LEVEL: "error" }, "auth", "api", "realtime", "worker");

describe("a change of", () => {
  test("the cache's memory restarts the cache alone", async () => {
    project.write({ ...productBlueprint, redis: { cache: { maxMemory: "96MiB" } } });
    const rows = await plan();
    const restart = rows.find((row) => row.name === "redis-cache");
    expect(restart?.operation).toBe("update");
    expect(restart?.reasons.join()).toMatch(/restart/);
    expect(await movedBy(() => project.ok("up", "--yes"))).toEqual(["redis-cache"]);
  });

  test("the gateway's rate limit restarts nothing: the gateway reads its routes itself", async () => {
    project.write({
      ...productBlueprint,
      redis: { cache: { maxMemory: "96MiB" } },
      gateway: { rateLimit: { average: 50, burst: 60 } },
    });
    expect((await plan()).map((row) => row.name)).toEqual(["gateway-routes"]);
    expect(await movedBy(() => project.ok("up", "--yes"))).toEqual([]);
  });

  test("a service's environment restarts its instances", async () => {
    project.write({ ...productBlueprint, services: withEnv({ LOG_LEVEL: "warn" }, "api") });
    const moved = await movedBy(() => project.ok("up", "--yes"));
    expect(moved).toEqual(["api-1", "api-2", "redis-cache"]); // the cache goes back to its size, too
  });

  test("every service restarts every instance, and nobody who works meanwhile notices", async () => {
    await using release = new AsyncDisposableStack();
    const place = await project.json<Place & { gateway: { url: string; ca: string } }>("outputs");
    const client = release.adopt(makeClient(place.gateway), (opened) => opened.close());
    const receiver = release.use(await startReceiver());
    const person = await signUp(client, place);
    const workplace = await openWorkplaceOf(client, person);
    await tellOfTasks(client, workplace, person, receiver.url);
    const hearing = { gateway: place.gateway, token: workplace.key, organisationId: workplace.organisationId };
    const listeners = await Promise.all([1, 2, 3, 4].map(async () => release.use(await listen(hearing))));

    const everyday = startEveryday({ client, place, person, workplace });
    await sleep(1000);
    project.write({ ...productBlueprint, services: quiet });
    const moved = await movedBy(() => project.ok("up", "--yes"));
    await sleep(1000);
    await everyday.stop();
    console.log(everyday.done);

    expect(moved).toEqual(
      Object.keys(services)
        .flatMap((name) => [`${name}-1`, `${name}-2`])
        .sort(),
    );
    expect(everyday.failed).toEqual([]);
    for (const [what, times] of Object.entries(everyday.done)) expect(times, what).toBeGreaterThan(10);

    const acknowledged = everyday.acknowledged.toSorted();
    expect(await taskIds(client, workplace)).toEqual(acknowledged);
    const delivered = () => receiver.received.map(({ body }) => (JSON.parse(body) as Delivered).data.entityId);
    await expect.poll(() => delivered().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(acknowledged.length);
    expect(delivered().toSorted()).toEqual(acknowledged);
    for (const { told, troubles, connections } of listeners) {
      await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(acknowledged.length);
      expect(told.map(({ entityId }) => entityId).toSorted()).toEqual(acknowledged);
      expect([troubles, connections()]).toEqual([[], expect.toSatisfy((n: number) => n > 1)]);
    }
  });

  test("the number of replicas starts one more and restarts nobody's primary", async () => {
    const postgres = { ...productBlueprint.postgres, replicas: 2 };
    project.write({ ...productBlueprint, services: quiet, postgres });
    const moved = await movedBy(() => project.ok("up", "--yes"));
    expect(moved).toContain("postgres-replica-2");
    expect(moved).not.toContain("postgres-primary");
    expect(moved).not.toContain("postgres-replica-1");
  });
});

test("a file edited by hand shows as drift, and up writes it anew", async () => {
  const file = join(project.home, "stacks/light-dev/config/redis/cache.conf");
  const written = readFileSync(file, "utf8");
  appendFileSync(file, "\n# by hand\n");
  const rows = await plan();
  expect(rows.map((row) => [row.name, row.operation])).toEqual([["redis-cache-conf", "update"]]);
  expect(rows[0]?.reasons.join()).toMatch(/content/);
  await project.ok("up", "--yes");
  expect(readFileSync(file, "utf8")).toBe(written);
});

test("removing a database's section is shown as data loss", async () => {
  project.write({ ...productBlueprint, postgres: undefined, services: undefined });
  const rows = await plan();
  expect(rows.filter((row) => row.risk === "data-loss").map((row) => row.component)).toContain("postgres");
});
