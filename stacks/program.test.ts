import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeTarget } from "../tests/harness/fake-target.ts";
import { register, type Registered } from "../tests/harness/register.ts";
import { parseBlueprint } from "./blueprint/load.ts";
import { resolveBlueprint, resolveSource } from "./blueprint/resolve.ts";
import type { LocalTarget } from "./targets/local/target.ts";
import { kinds } from "./components/index.ts";
import { program } from "./program.ts";

const packageRoot = join(import.meta.dirname, "..");
const root = mkdtempSync(join(tmpdir(), "purlin-program-"));
afterAll(() => rmSync(root, { recursive: true }));

/** The fake target with a built service, purlin's own dashboards, and every program of every tool. */
function target(): LocalTarget {
  const names = fakeTarget();
  const tool: LocalTarget["tool"] = (name) => ({
    ...names.tool(name),
    bin: new Proxy({}, { get: (_, key) => `/tools/${String(key)}` }),
  });
  return fakeTarget({ root, packageRoot, tool, optionalTool: tool });
}

function processes(resources: Registered[]): Map<string, Registered> {
  return new Map(resources.filter(({ type }) => type.endsWith(":Process")).map((one) => [one.name, one]));
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

describe("the example's platform on local", () => {
  let built: Awaited<ReturnType<typeof register<ReturnType<typeof program>>>>;

  beforeAll(async () => {
    for (const name of ["server", "migrate"]) {
      mkdirSync(join(root, "services/api/dist"), { recursive: true });
      writeFileSync(join(root, `services/api/dist/${name}.js`), "");
    }
    writeFileSync(join(root, "services/api/package.json"), "{}");
    const blueprint = resolveBlueprint({ file: join(packageRoot, "purlin.yaml") });
    built = await register(() => program(blueprint, target()));
  });

  test("gives the outputs of every component", () => {
    expect(Object.keys(built.result).sort()).toEqual(kinds.toSorted());
    expect(built.result.services?.api?.url).toBe("https://localhost:8443/api");
  });

  test("gives a service the environment of all it needs, and nothing of what it does not", () => {
    const env = keysOf(processes(built.resources).get("api-1")?.inputs.env);
    expect(env).toEqual(
      expect.arrayContaining([
        "POSTGRES_PRIMARY_URL",
        "POSTGRES_REPLICA_URLS",
        "REDIS_CACHE_URL",
        "S3_BUCKET_ATTACHMENTS",
        "PUBLIC_URL",
        "PORT",
      ]),
    );
    expect(env.filter((key) => /OWNER|QUEUE|MINDSDB/.test(key))).toEqual([]);
  });

  test("names every resource once and belongs it to a component", () => {
    const names = built.resources.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    const owners = new Set([...processes(built.resources).values()].map(({ inputs }) => inputs.component));
    expect(owners).toEqual(new Set(kinds));
  });
});

test("what a blueprint leaves out is not built", async () => {
  const file = join(root, "purlin.yaml");
  const blueprint = resolveSource(parseBlueprint(file, "name: shop\nredis: {}\n"), { file });
  const { result, resources } = await register(() => program(blueprint, target()));
  expect(Object.keys(result)).toEqual(["redis"]);
  expect(new Set(resources.map(({ inputs }) => inputs.component ?? "redis"))).toEqual(new Set(["redis"]));
});

test.each(["kubernetes", "aws"] as const)("the %s target refuses by name", (kind) => {
  const blueprint = resolveBlueprint({ file: join(packageRoot, "purlin.yaml") });
  expect(() => program(blueprint, { kind })).toThrow(`postgres: the ${kind} target is not available yet`);
});
