import { describe, expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register } from "../../../tests/harness/register.ts";
import type { Address, Outputs } from "../component.ts";
import { mindsdb } from "./mindsdb.ts";
import { engineOf } from "./models.ts";
import type { LlmSpec } from "./outputs.ts";
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

test("the project is not named like the database", () => {
  const { error } = mindsdbSpec.safeParse({ database: "shop", project: "shop" });
  expect(error?.issues[0]).toMatchObject({ path: ["project"] });
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

describe("models", () => {
  test("are uploaded under a name that changes with their content, into the project", async () => {
    const { name, code } = engineOf("work");
    expect(name).toMatch(/^work_[0-9a-f]{12}$/);
    const { inputs } = await resource("mindsdb-models");
    expect(inputs["input"]).toMatchObject({ project: "forecast", engines: [{ name, code }] });
    expect(inputs["input"]).not.toHaveProperty("ready");
  });

  test("what a service needs of them is in its environment", async () => {
    const { result } = await register(() => mindsdb.on.local(fakeTarget(), input([replica])));
    const env = mindsdb.env(result.outputs, [{ consumer: "worker", on: "mindsdb" }], "run");
    expect(env).toMatchObject({
      MINDSDB_DATA_SOURCE: "shop",
      MINDSDB_PROJECT: "forecast",
      MINDSDB_ENGINE: engineOf("work").name,
    });
    expect(env).not.toHaveProperty("MINDSDB_SUMMARY_MODEL");
  });
});

describe("a language model", () => {
  const key = "${env:LLM_KEY}";

  test("is absent unless it is written: no engine, no model, no address", async () => {
    expect((await resource("mindsdb")).inputs["env"]).not.toHaveProperty("PURLIN_LLM_URL");
    expect(JSON.stringify((await resource("mindsdb-models")).inputs)).not.toContain(engineOf("summary").name);
  });

  test("is given to the server's environment, and the model that asks it is made", async () => {
    const llm: LlmSpec = { provider: "openai", model: "small", apiKey: "sk-1" };
    const env = { PURLIN_LLM_URL: "https://api.openai.com/v1", PURLIN_LLM_MODEL: "small", PURLIN_LLM_KEY: "sk-1" };
    expect((await resource("mindsdb", llm)).inputs["env"]).toMatchObject(env);
    expect((await resource("mindsdb-models", llm)).inputs["input"]).toMatchObject({
      ready: { name: "summary", engine: engineOf("summary").name, predicts: "summary" },
    });
  });

  test.each([
    ["a key in the file", { provider: "openai", model: "m", apiKey: "sk-1" }, "a key is not written here"],
    ["an address that is none", { provider: "ollama", model: "m", baseUrl: "file:///etc" }, "not an http(s) URL"],
  ])("%s is refused", (_, llm, message) => {
    expect(mindsdbSpec.safeParse({ database: "shop", llm }).error?.issues[0]?.message).toContain(message);
  });

  test("its address ends without a slash, its key is the name of a variable", () => {
    const llm = { provider: "ollama", model: "m", baseUrl: "http://llm:11434/v1/", apiKey: key };
    expect(mindsdbSpec.parse({ database: "shop", llm }).llm).toEqual({ ...llm, baseUrl: "http://llm:11434/v1" });
  });
});

async function resource(name: string, llm?: LlmSpec) {
  const found = (await built([replica], llm)).find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not registered`);
  return found;
}

async function dataSource(replicas: Address[]) {
  return (await built(replicas)).find(({ name }) => name === "mindsdb-data-source")?.inputs["input"];
}

async function built(replicas: Address[], llm?: LlmSpec) {
  return (await register(() => mindsdb.on.local(fakeTarget(), input(replicas, llm)))).resources;
}

function input(replicas: Address[], llm?: LlmSpec) {
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
  return { spec: { ...spec, llm }, consumers: [], built: { postgres }, envOf: () => ({}) };
}
