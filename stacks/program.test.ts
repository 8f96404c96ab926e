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
    for (const service of ["auth", "api", "realtime", "worker"]) {
      const folder = join(root, "services", service);
      mkdirSync(join(folder, "dist"), { recursive: true });
      for (const name of ["server", "migrate"]) writeFileSync(join(folder, `dist/${name}.js`), "");
      writeFileSync(join(folder, "package.json"), "{}");
    }
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
        "PLATFORM_URL",
        "NODE_EXTRA_CA_CERTS",
        "PORT",
      ]),
    );
    expect(env.filter((key) => /OWNER|QUEUE|MINDSDB|OTEL/.test(key))).toEqual([]);
  });

  test("names every resource once and belongs it to a component", () => {
    const names = built.resources.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    const owners = new Set([...processes(built.resources).values()].map(({ inputs }) => inputs.component));
    expect(owners).toEqual(new Set(kinds));
  });
});

test("every service, and its migration, is told where traces go", async () => {
  const file = join(packageRoot, "purlin.yaml");
  const yaml = `name: shop
monitoring: { traces: { endpoint: "http://127.0.0.1:4318", sampleRatio: 0.5 } }
services: { api: { path: services/api, command: [node, dist/server.js] } }
`;
  const { resources } = await register(() => program(resolveSource(parseBlueprint(file, yaml), { file }), target()));
  expect(processes(resources).get("api-1")?.inputs.env).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.5",
  });
  expect(keysOf(processes(resources).get("api-1")?.inputs.env)).not.toContain("PLATFORM_URL"); // there is no gateway
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
  expect(() => program(blueprint, { kind })).toThrow(`the ${kind} target is not available yet`);
});
