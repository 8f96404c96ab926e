import { expect, test } from "vitest";
import { withEngine } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Spawned } from "../../platform.ts";
import { psql } from "./psql.handler.ts";

const database = (name: string) => ({ name, owner: { user: `${name}_owner`, password: `secret of ${name}` } });
const postgres = {
  primary: { host: "127.0.0.1", port: 5432 },
  ca: "/ca.pem",
  databases: { app: database("app"), stats: database("stats") },
};

function world(code: number | undefined, outputs: object = { postgres }) {
  const spawned: Spawned[] = [];
  const engine = withEngine({ outputs: () => Promise.resolve({ ...outputs }) });
  const spawn = (program: Spawned) => {
    spawned.push(program);
    return Promise.resolve(code);
  };
  return { spawned, context: fakeContext({ platform: { ...engine, spawn }, env: { PATH: "/bin" } }) };
}

test("gives psql the owner's login in its environment, never on its command line", async () => {
  const { context, spawned } = world(3);
  expect(await psql(context, { database: "stats", args: ["-c", "select 1"] })).toBe(3);
  expect(spawned[0]?.command).toEqual(["psql", "-c", "select 1"]);
  expect(spawned[0]?.env).toEqual({
    PATH: "/bin",
    PGHOST: "127.0.0.1",
    PGPORT: "5432",
    PGDATABASE: "stats",
    PGUSER: "stats_owner",
    PGPASSWORD: "secret of stats",
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: "/ca.pem",
  });
});

test("opens the first database without a name", async () => {
  const { context, spawned } = world(0);
  await psql(context, { database: undefined, args: [] });
  expect(spawned[0]?.env["PGDATABASE"]).toBe("app");
});

test("names the nearest database", async () => {
  await expect(psql(world(0).context, { database: "stat", args: [] })).rejects.toMatchObject({
    text: { what: "no database is called stat", fix: "did you mean stats?" },
  });
});

test("says where to connect, without the password, when there is no psql", async () => {
  const error: unknown = await psql(world(undefined).context, { database: "app", args: [] }).catch((e: unknown) => e);
  expect(error).toMatchObject({
    text: {
      what: "psql is not installed on this machine",
      why: "any client can connect to postgres://app_owner@127.0.0.1:5432/app with the password of `purlin outputs --show-secrets`",
    },
  });
  expect(JSON.stringify(error)).not.toContain("secret of app");
});

test("says that a platform without Postgres has no database", async () => {
  const { context } = world(0, { gateway: { url: "https://localhost" } });
  await expect(psql(context, { database: undefined, args: [] })).rejects.toMatchObject({
    text: { what: "this platform has no database" },
  });
});
