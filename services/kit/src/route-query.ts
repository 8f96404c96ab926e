import { z } from "zod";
import { onTheWire } from "./openapi-schema.ts";

/*
 * Query parameters are text. These read them strictly, where coercing would let `0x10`, ` 7` or an empty text pass for
 * numbers, and document them as what they stand for.
 */

/** A whole number from `min` to `max`, in decimal digits. */
export function integerText(min: number, max: number) {
  const schema = z
    .string()
    .regex(/^(0|-?[1-9]\d{0,14})$/, "is not a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max));
  onTheWire.add(schema, { json: { type: "integer", minimum: min, maximum: max } });
  return schema;
}

/** `schema`, or `fallback` where nothing is said; documented, which zod does not do for what is transformed. */
export function orElse<S extends z.ZodType>(schema: S, fallback: z.util.NoUndefined<z.output<S>>): z.ZodDefault<S> {
  const made = schema.default(fallback);
  onTheWire.add(made, { json: { ...onTheWire.get(schema)?.json, default: fallback } });
  return made;
}

/** `true` or `false`. */
export function booleanText() {
  const schema = z.enum(["true", "false"]).transform((text) => text === "true");
  onTheWire.add(schema, { json: { type: "boolean" } });
  return schema;
}
