import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { output, type Input } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../tests/harness/temporary-folder.ts";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register, type Registered } from "../../../tests/harness/register.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { NeedOf } from "../component.ts";
import { postgres } from "./postgres.ts";
import { consumerRole } from "./roles.ts";
import { postgresSpec } from "./spec.ts";

type Claim = Partial<NeedOf<"postgres">> & { consumer: string };

const claim = (wanted: Claim): NeedOf<"postgres"> => ({
  on: "postgres",
  database: "shop",
  access: "read-only",
  migrates: false,
  pool: 10,
  ...wanted,
});

function build(spec: unknown = {}, claims: Claim[] = [], target: LocalTarget = fakeTarget()) {
  return register(() =>
    postgres.on.local(target, {
      spec: postgresSpec.parse(spec),
      consumers: claims.map(claim),
      built: {},
      envOf: () => ({}),
    }),
  );
}

const names = (resources: Registered[], kind: string) =>
  resources.filter(({ type }) => type === `purlin:local:${kind}`).map(({ name }) => name);

const inputsOf = (resources: Registered[], name: string) =>
  resources.find((resource) => resource.name === name)!.inputs;

describe("what is registered", () => {
  test("by default: a primary, two replicas copied from it, and what watches them", async () => {
    const { resources } = await build();
    expect(names(resources, "Process").sort()).toEqual([
      "postgres-exporter",
      "postgres-heartbeat",
      "postgres-primary",
      "postgres-replica-1",
      "postgres-replica-2",
      "postgres-tables-exporter",
    ]);
    expect(names(resources, "Task").sort()).toEqual([
      "postgres-grant",
      "postgres-init",
      "postgres-replica-1-base-backup",
      "postgres-replica-2-base-backup",
    ]);
  });

  test("without replicas: nothing of a replica", async () => {
    const { result, resources } = await build({ replicas: 0 });
    expect(resources.filter(({ name }) => name.includes("replica"))).toEqual([]);
    expect(result.outputs.replicas).toEqual([]);
  });

  test("data is marked as data, copies of it are not", async () => {
    const { resources } = await build({ replicas: 1 });
    expect(inputsOf(resources, "postgres-data")).toMatchObject({ holds: "data" });
    expect(inputsOf(resources, "postgres-replica-1-data")).toMatchObject({ holds: "scratch" });
  });

  test("no password is in a file that others may read", async () => {
    const { resources } = await build({ databases: { shop: {} } }, [{ consumer: "api" }]);
    const open = resources.filter(({ type, inputs }) => type === "purlin:local:File" && inputs["mode"] !== 0o600);
    expect(open.length).toBeGreaterThan(0);
    expect(JSON.stringify(open)).not.toContain("secret-of-");
  });
});

test("data of another major version stops the program before anything is registered", async () => {
  const dir = temporaryFolder();
  const dataDir = path.join(dir, "primary/pgdata");
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path.join(dataDir, "PG_VERSION"), "17\n");
  await expect(build({}, [], fakeTarget({ dataDir: () => dir }))).rejects.toThrow(
    `${dataDir} holds data of Postgres 17, and this platform runs Postgres 18`,
  );
});

describe("a change", () => {
  const reasons = async (spec: unknown, target?: LocalTarget) => {
    const { resources } = await build(spec, [], target);
    const { restartOn, reload } = inputsOf(resources, "postgres-primary");
    return { restartOn, reload };
  };

  test("of shared memory restarts a server", async () => {
    const [before, after] = [await reasons({ memory: "512MiB" }), await reasons({ memory: "1GiB" })];
    expect(after.restartOn).not.toEqual(before.restartOn);
  });

  test("of a certificate only reloads it", async () => {
    const renewed = { ...fakeTarget().certificate, fingerprint: "f2" };
    const [before, after] = [await reasons({}), await reasons({}, fakeTarget({ certificate: renewed }))];
    expect(after.restartOn).toEqual(before.restartOn);
    expect(after.reload).not.toEqual(before.reload);
  });

  test("of the databases touches no server", async () => {
    expect(await reasons({ databases: { shop: {} } })).toEqual(await reasons({}));
  });
});

describe("logins", () => {
  test("one per consumer and database, with the widest access it claims", async () => {
    const { result } = await build({}, [
      { consumer: "api" },
      { consumer: "api", access: "read-write" },
      { consumer: "reports" },
    ]);
    const { owner, consumers } = result.outputs.databases["shop"]!;
    expect(owner.user).toBe("shop_owner");
    expect(consumers["api"]).toMatchObject({ user: "shop.api", access: "read-write" });
    expect(consumers["reports"]).toMatchObject({ user: "shop.reports", access: "read-only" });
  });

  test("are confined to schemas only where every claim of the consumer is", async () => {
    const { result } = await build({}, [
      { consumer: "models", schemas: ["figures"] },
      { consumer: "models", schemas: ["figures", "forecasts"] },
      { consumer: "reports", schemas: ["figures"] },
      { consumer: "reports" },
      { consumer: "api", schemas: ["figures"] },
      { consumer: "api", access: "read-write" },
    ]);
    const { consumers } = result.outputs.databases["shop"]!;
    expect(consumers["models"]?.schemas).toEqual(["figures", "forecasts"]);
    expect([consumers["reports"], consumers["api"]].map((one) => one && "schemas" in one)).toEqual([false, false]);
  });

  test("have names that fit, and stay apart where they are cut", () => {
    const [one, other] = [
      consumerRole("d".repeat(40), `${"c".repeat(39)}1`),
      consumerRole("d".repeat(40), `${"c".repeat(39)}2`),
    ];
    expect([one.length, other.length]).toEqual([63, 63]);
    expect(one).not.toBe(other);
  });
});

describe("env", () => {
  const env = async (spec: unknown, claims: Claim[], purpose: "run" | "migrate") => {
    const { result } = await build(spec, claims);
    return settled(postgres.env(result.outputs, claims.map(claim), purpose));
  };

  test("names the primary, the replicas and the authority; the owner only to migrate", async () => {
    const claims = [{ consumer: "api", access: "read-write", migrates: true }] as const;
    expect(await env({}, [...claims], "run")).toEqual({
      POSTGRES_CA_FILE: "/ca/ca.pem",
      POSTGRES_POOL_MAX: "10",
      POSTGRES_PRIMARY_URL: "postgres://shop.api:secret-of-postgres/shop.api@127.0.0.1:20001/shop",
      POSTGRES_REPLICA_URLS: [20_002, 20_003]
        .map((port) => `postgres://shop.api:secret-of-postgres/shop.api@127.0.0.1:${port}/shop`)
        .join(","),
    });
    expect(await env({}, [...claims], "migrate")).toHaveProperty("POSTGRES_OWNER_URL");
    expect(await env({}, [{ consumer: "api" }], "migrate")).not.toHaveProperty("POSTGRES_OWNER_URL");
  });

  test("names a second database by its name", async () => {
    const claims = [{ consumer: "api" }, { consumer: "api", database: "audit", migrates: true, pool: 3 }];
    const names = ["CA_FILE", "OWNER_URL", "POOL_MAX", "PRIMARY_URL", "REPLICA_URLS"];
    const given = await env({ replicas: 0 }, claims, "migrate");
    expect(Object.keys(given).sort()).toEqual([
      ...names.map((name) => `POSTGRES_AUDIT_${name}`),
      ...names.filter((name) => name !== "OWNER_URL").map((name) => `POSTGRES_${name}`),
    ]);
    expect([given["POSTGRES_POOL_MAX"], given["POSTGRES_AUDIT_POOL_MAX"]]).toEqual(["10", "3"]);
  });
});

/** The values of an environment, secrets in the clear. */
function settled(env: Record<string, Input<string>>): Promise<Record<string, string>> {
  return new Promise((resolve) => {
    output(env).apply((values) => resolve(values));
  });
}
