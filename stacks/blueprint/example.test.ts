import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { kinds } from "../components/index.ts";
import { generatedFiles } from "./generate.ts";
import { editorSchema, type JsonSchema, plainSchema } from "./json-schema.ts";
import { loadBlueprint, parseBlueprint } from "./load.ts";
import { printable } from "./printable.ts";
import { resolveBlueprint, resolveSource } from "./resolve.ts";
import { starterBlueprint } from "./starter.ts";

const packageRoot = join(import.meta.dirname, "../..");
const file = join(packageRoot, "purlin.yaml");
const text = readFileSync(join(import.meta.dirname, "example.yaml"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "purlin-starter-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the example", () => {
  test("is this repository's own blueprint, with a stack for each target", () => {
    expect(readFileSync(file, "utf8")).toBe(text);
    const targets = ["dev", "staging", "prod"].map((stack) => resolveBlueprint({ file, stack }).target);
    expect(targets).toEqual(["local", "kubernetes", "aws"]);
  });

  test("shows every key of the schema", () => {
    const shown = new Set([...text.matchAll(/([A-Za-z]+):/g)].map(([, key]) => key));
    expect(keysOf(plainSchema()).filter((key) => !shown.has(key))).toEqual([]);
  });

  test("shows defaults: leaving out what is optional changes nothing", () => {
    // What has no default has to be written; every other section may be empty.
    const required: Record<string, object> = {
      postgres: { databases: { auth: {}, app: {} } },
      storage: { buckets: { attachments: { presigned: true } } },
      mail: { from: "Purlin <no-reply@localhost>" },
      mindsdb: { database: "app" },
    };
    const sections = kinds.filter((kind) => kind !== "services").map((kind) => [kind, required[kind] ?? {}] as const);
    const bare = stringify({ name: "purlin", ...Object.fromEntries(sections) });
    const shown = { ...resolveBlueprint({ file }).components };
    delete shown.services; // what a service is made of has no defaults
    expect(resolveSource(parseBlueprint(file, bare), { file }).components).toEqual(shown);
  });

  test("still holds when what it shows as a comment is written out", () => {
    const written = text
      .replace(/^(.*): (\{\}|\[\])\n(?=\s*# +(http|- sev|on-c|LOG)|\s*#\s+on-call)/gm, "$1:\n")
      .replace(
        /^( *)# ( *)(?=(- )?(backend|http|https|memory|ports|primary|expireDays|on-call|webhook|severity|component|receiver|smtp|llm|provider|baseUrl|model|apiKey|traces|endpoint|sampleRatio|LOG_LEVEL): ?\S*)/gm,
        "$1$2",
      );
    const blueprint = resolveSource(parseBlueprint(file, written), { file });
    expect(blueprint.components.gateway?.ports).toEqual({ http: 8080, https: 8443 });
    expect(blueprint.components.monitoring?.alerts.routes).toEqual([
      { severity: "page", component: "postgres", receiver: "on-call" },
    ]);
    expect(blueprint.components.monitoring?.traces).toEqual({ endpoint: "http://127.0.0.1:4318", sampleRatio: 0.1 });
    expect(blueprint.components.mail?.smtp).toBe("${env:SMTP_URL}");
  });
});

describe("the editors' schema", () => {
  test.each([...generatedFiles()])("%s is not stale (npm run generate)", (path, content) => {
    expect(readFileSync(join(packageRoot, path), "utf8")).toBe(content);
  });

  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(editorSchema()))));
  const accepts = (yaml: string) => schema.safeParse(parseBlueprint(file, yaml).value).success;

  test("accepts the example, switched off sections and overlays that take keys away", () => {
    expect(accepts(text)).toBe(true);
    expect(accepts("name: shop\nredis: false\nstorage:\n")).toBe(true);
    expect(
      accepts("name: shop\nstacks: { dev: { target: local, set: { redis: null, gateway: { domain: null } } } }\n"),
    ).toBe(true);
  });

  test("refuses what the loader refuses", () => {
    expect(accepts("name: shop\nredsi: {}\n")).toBe(false);
    expect(accepts("name: shop\npostgres: { replicas: 9 }\n")).toBe(false);
    expect(accepts("name: shop\nstacks: { dev: { target: local, set: { postgres: { replica: 1 } } } }\n")).toBe(false);
  });

  test("describes every key", () => {
    expect(undescribed(plainSchema(), "")).toEqual([]);
  });
});

describe("a printed blueprint", () => {
  test.each(["dev", "staging", "prod"])("of stack %s resolves to itself", (stack) => {
    const blueprint = resolveBlueprint({ file, stack });
    const printed = stringify(printable(blueprint));
    expect(resolveSource(parseBlueprint(file, printed), { file, stack })).toEqual(blueprint);
  });

  test("writes sizes as sizes", () => {
    expect(printable(resolveBlueprint({ file }))).toMatchObject({ gateway: { maxBody: "10MiB" } });
  });
});

describe("a starter", () => {
  test("keeps the comments and the services of a folder that has them", () => {
    for (const name of ["auth", "api", "realtime", "worker"]) {
      mkdirSync(join(folder, "services", name), { recursive: true });
    }
    const blueprint = write(folder);
    expect(blueprint.components.services?.api?.instances).toBe(2);
    expect(comments(readFileSync(join(folder, "purlin.yaml"), "utf8"))).toBe(comments(text));
  });

  test("shows the services as a comment where there are none", () => {
    const bare = mkdtempSync(join(folder, "bare-"));
    const blueprint = write(bare);
    expect(Object.keys(blueprint.components).sort()).toEqual(kinds.filter((kind) => kind !== "services").sort());
    expect(readFileSync(join(bare, "purlin.yaml"), "utf8")).toContain("#   api:\n");
  });

  function write(into: string) {
    const target = join(into, "purlin.yaml");
    writeFileSync(target, starterBlueprint({ name: "shop", folder: into, packageRoot }));
    expect(loadBlueprint(target).value.name).toBe("shop");
    const schema = /\$schema=(.*)/.exec(readFileSync(target, "utf8"))?.[1] ?? "";
    expect(readFileSync(join(into, schema), "utf8")).toContain("purlin blueprint");
    return resolveBlueprint({ file: target });
  }
});

function comments(yaml: string): number {
  return yaml.split("#").length;
}

function keysOf(schema: JsonSchema): string[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [key, ...below(value)]);
  const items = Array.isArray(schema.items) ? schema.items : [schema.items];
  return [...inside, ...[schema.additionalProperties, ...items].flatMap(below)];
}

function below(schema: JsonSchema | boolean | undefined): string[] {
  return typeof schema === "object" ? keysOf(schema) : [];
}

function undescribed(schema: JsonSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value !== "object") return [];
    const here = `${path}.${key}`;
    const inner =
      typeof value.additionalProperties === "object" ? undescribed(value.additionalProperties, `${here}.*`) : [];
    return [...(value.description ? [] : [here]), ...undescribed(value, here), ...inner];
  });
}
