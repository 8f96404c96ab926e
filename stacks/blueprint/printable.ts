import type { Blueprint } from "./blueprint.ts";
import { type JsonSchema, plainSchema, schemaAt } from "./json-schema.ts";
import { isMapping } from "./mapping.ts";
import { showBytes } from "./size.ts";

/**
 * A resolved blueprint as a file with this one stack would say it: every default filled in, sizes as sizes. Resolving
 * what comes out gives the same blueprint again. Secrets written into the file are still in it.
 */
export function printable({ name, stack, target, backend, components }: Blueprint): Record<string, unknown> {
  const schema = plainSchema();
  const sections = Object.entries(components).map(
    ([kind, spec]) => [kind, write(spec, schemaAt(schema, [kind]))] as const,
  );
  return {
    name,
    ...(backend !== undefined && { backend }),
    stacks: { [stack]: { target } },
    ...Object.fromEntries(sections),
  };
}

function write(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema?.const === true) return true; // a claim without fields
  if (schema?.format === "bytes" && typeof value === "number") return showBytes(value);
  if (Array.isArray(value)) return value.map((item, index) => write(item, schema && schemaAt(schema, [index])));
  if (!isMapping(value)) return value;
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(present.map(([key, inner]) => [key, write(inner, schema && schemaAt(schema, [key]))]));
}
