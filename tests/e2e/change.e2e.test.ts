import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lightBlueprint, makeProject, type Project } from "./support/project.ts";
import { statusOf } from "./support/processes.ts";

/* A changed setting restarts what depends on it and nothing else, and the plan has said so, with the reason. */

interface PlanRow {
  type: string;
  component: string;
  name: string;
  operation: string;
  reasons: string[];
  risk: string;
}

let project: Project;

beforeAll(async () => {
  project = makeProject({ blueprint: lightBlueprint });
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

/** The API with further environment. */
function withEnv(env: Record<string, string>) {
  const { api } = lightBlueprint.services;
  return { ...api, env: { ...api.env, ...env } };
}

describe("a change of", () => {
  test("the cache's memory restarts the cache alone", async () => {
    project.write({ ...lightBlueprint, redis: { cache: { maxMemory: "96MiB" } } });
    const rows = await plan();
    const restart = rows.find((row) => row.name === "redis-cache");
    expect(restart?.operation).toBe("update");
    expect(restart?.reasons.join()).toMatch(/restart/);
    expect(await movedBy(() => project.ok("up", "--yes"))).toEqual(["redis-cache"]);
  });

  test("the gateway's rate limit restarts nothing: the gateway reads its routes itself", async () => {
    project.write({
      ...lightBlueprint,
      redis: { cache: { maxMemory: "96MiB" } },
      gateway: { rateLimit: { average: 50, burst: 60 } },
    });
    expect((await plan()).map((row) => row.name)).toEqual(["gateway-routes"]);
    expect(await movedBy(() => project.ok("up", "--yes"))).toEqual([]);
  });

  test("a service's environment restarts its instances", async () => {
    const api = withEnv({ LOG_LEVEL: "warn" });
    project.write({ ...lightBlueprint, services: { ...lightBlueprint.services, api } });
    const moved = await movedBy(() => project.ok("up", "--yes"));
    expect(moved).toEqual(["api-1", "api-2", "redis-cache"]); // the cache goes back to its size, too
  });

  test("the number of replicas starts one more and restarts nobody's primary", async () => {
    const services = { ...lightBlueprint.services, api: withEnv({ LOG_LEVEL: "warn" }) };
    project.write({ ...lightBlueprint, services, postgres: { ...lightBlueprint.postgres, replicas: 2 } });
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
  project.write({ ...lightBlueprint, postgres: undefined, services: undefined });
  const rows = await plan();
  expect(rows.filter((row) => row.risk === "data-loss").map((row) => row.component)).toContain("postgres");
});
