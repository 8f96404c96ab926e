import { z } from "zod";
import { kinds } from "../components/index.ts";
import type { Path } from "./problem.ts";
import { fileSchema } from "./schema.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The schema of a blueprint as zod gives it, JSON Schema draft 7 (what editors know best): every section a mapping. */
export function plainSchema(): JsonSchema {
  return (plain ??= z.toJSONSchema(fileSchema, { io: "input", target: "draft-7" }));
}

let plain: JsonSchema | undefined; // made when first asked for: only errors, editors and `config` want it

/** The schema of purlin.yaml for editors: a section may also be null or false, and overlays are described in full. */
export function editorSchema(): JsonSchema {
  const schema = structuredClone(plainSchema());
  const sections = kinds.map((kind) => [kind, schemaAt(schema, [kind]) ?? {}] as const);
  const set = schemaAt(schema, ["stacks", "*", "set"]);
  if (set) {
    delete set.propertyNames;
    set.additionalProperties = false;
    set.properties = Object.fromEntries(sections.map(([kind, section]) => [kind, orNone(partial(section))]));
  }
  schema.properties = { ...schema.properties, ...Object.fromEntries(sections.map(([kind, s]) => [kind, orNone(s)])) };
  return { title: "purlin blueprint", ...schema };
}

/** The part of a schema that describes the value at `path`; undefined where nothing is known of it. */
export function schemaAt(schema: JsonSchema, path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, key) => at && step(at, key), schema);
}

function step(schema: JsonSchema, key: string | number): JsonSchema | undefined {
  const list = Array.isArray(schema.items) ? schema.items[Number(key)] : schema.items;
  const inside = typeof key === "number" ? list : (schema.properties?.[key] ?? schema.additionalProperties);
  return typeof inside === "object" && !Array.isArray(inside) ? inside : undefined;
}

function orNone(section: JsonSchema): JsonSchema {
  return { description: section.description ?? "", anyOf: [section, { enum: [null, false] }] };
}

/** A schema nothing of which is required: an overlay says only what differs, and null takes a key away. */
function partial(schema: JsonSchema): JsonSchema {
  const loose = { ...schema };
  delete loose.required;
  delete loose.default;
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(([key, value]) => [key, orNull(value)] as const);
    loose.properties = Object.fromEntries(properties);
  }
  if (typeof schema.additionalProperties === "object") loose.additionalProperties = orNull(schema.additionalProperties);
  return loose;
}

function orNull(schema: JsonSchema | boolean): JsonSchema | boolean {
  return typeof schema === "object" ? { anyOf: [partial(schema), { type: "null" }] } : schema;
}
