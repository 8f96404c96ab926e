import { z } from "zod";

export type Json = Record<string, unknown>;

/** What a parameter looks like on the wire, where the schema that reads it says something else or less. */
export const onTheWire = z.registry<{ json: Json }>();

/** JSON Schema (2020-12) of `schema`; what has an id is moved to `components` and referred to. */
export function schemaOf(schema: z.ZodType, io: "input" | "output", components: Json): Json {
  const made: Json & { $defs?: Json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      tidy(jsonSchema);
      const wire = io === "input" && zodSchema instanceof z.ZodType ? onTheWire.get(zodSchema) : undefined;
      if (!wire) return;
      for (const key of ["type", "pattern", "enum"]) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, wire.json);
    },
  });
  const { $schema, $defs, ...json } = made;
  const [own, named] = [refer(json), refer($defs ?? {})];
  for (const [name, definition] of Object.entries(named)) components[name] = withoutId(definition);
  const { id } = schema.meta() ?? {};
  if (id === undefined || "$ref" in own) return own;
  components[id] = withoutId(own);
  return { $ref: `#/components/schemas/${id}` };
}

/** What is true of every such value and helps no reader: the pattern of a known format, the bounds of what JSON counts exactly. */
function tidy(json: Json): void {
  if (json["format"] !== undefined) delete json["pattern"];
  if (json["minimum"] === Number.MIN_SAFE_INTEGER) delete json["minimum"];
  if (json["maximum"] === Number.MAX_SAFE_INTEGER) delete json["maximum"];
}

/** References to `$defs` become references to the document's components. */
function refer(json: Json): Json {
  return z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')));
}

/** In JSON Schema `id` means nothing: it is zod's, and the name of the component by now. */
function withoutId(definition: unknown): unknown {
  if (typeof definition !== "object" || definition === null || !("id" in definition)) return definition;
  const { id: _name, ...rest } = definition;
  return rest;
}
