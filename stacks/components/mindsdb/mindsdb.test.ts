import { describe, expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register } from "../../../tests/harness/register.ts";
import type { Address, Outputs } from "../component.ts";
import { mindsdb } from "./mindsdb.ts";
import { mindsdbSpec } from "./spec.ts";

const spec = mindsdbSpec.parse({ database: "shop" });
const primary: Address = { host: "127.0.0.1", port: 5001 };
const replica: Address = { host: "127.0.0.1", port: 5002 };

test("it needs to read the data and to own a database of its own", () => {
  expect(mindsdb.needs(spec)).toMatchObject([
    { database: "shop", access: "read-only", migrates: false, pool: 5 },
    { database: "mindsdb_metadata", access: "read-write", migrates: true, pool: 15 },
  ]);
});

test.each(["mindsdb", "files", "mindsdb_metadata"])("the database cannot be %s", (database) => {
  expect(mindsdbSpec.safeParse({ database }).error?.issues[0]?.message).toContain("a name of MindsDB's own");
});

describe("the data source", () => {
  test("is the first replica, read with its own role", async () => {
    const connection_parameters = { sslmode: "verify-full", sslrootcert: "/ca.pem" };
    expect(await dataSource([replica])).toMatchObject({
      parameters: { ...replica, user: "shop.mindsdb", password: "reader", connection_parameters },
    });
  });

  test("is the primary where there is no replica", async () => {
    expect(await dataSource([])).toMatchObject({ parameters: { ...primary, user: "shop.mindsdb" } });
  });
});

test("no password is in the command or in a file", async () => {
  const resources = await built([replica]);
  const visible = resources.filter(({ type }) => type === "purlin:local:File").map(({ inputs }) => inputs["content"]);
  const commands = resources.map(({ inputs }) => inputs["command"]);
  expect(JSON.stringify([visible, commands])).not.toMatch(/secret-of|owner-password|reader/);
});

async function dataSource(replicas: Address[]) {
  return (await built(replicas)).find(({ name }) => name === "mindsdb-data-source")?.inputs["input"];
}

async function built(replicas: Address[]) {
  const outputs: Outputs["postgres"] = {
    primary,
    replicas,
    ca: "/ca.pem",
    databases: {
      shop: {
        name: "shop",
        owner: { user: "shop_owner", password: "owner-password" },
        consumers: { mindsdb: { user: "shop.mindsdb", password: "reader", access: "read-only" } },
      },
      mindsdb_metadata: {
        name: "mindsdb_metadata",
        owner: { user: "mindsdb_metadata_owner", password: "owner-password" },
        consumers: {},
      },
    },
  };
  const postgres = { outputs, ready: [], scrape: [], routes: [] };
  const input = { spec, consumers: [], built: { postgres }, envOf: () => ({}) };
  return (await register(() => mindsdb.on.local(fakeTarget(), input))).resources;
}
