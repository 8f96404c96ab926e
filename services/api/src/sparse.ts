import { Problem } from "@purlin/kit/problems";
import { z } from "zod";

/** The query parameter for sparse fields. */
export const fieldsQuery = z
  .string()
  .max(500)
  .optional()
  .describe("Fields to answer with, separated by commas; `id` is always there.");

/** An entity, or only some of its fields. */
export function maybeSparse<S extends z.ZodRawShape & { id: z.ZodType }>(entity: z.ZodObject<S>) {
  const some = z
    .strictObject(entity.shape)
    .partial()
    .required({ id: true } as never); // generic: TypeScript cannot see that it has one
  return z.union([entity, some.meta({ id: `Sparse${entity.meta()?.id ?? "Entity"}` })]);
}

/**
 * The fields a request asks for; undefined for all.
 * @throws Problem invalid_request naming those there are not
 */
export function readFields(entity: z.ZodObject, fields: string | undefined): ReadonlySet<string> | undefined {
  if (fields === undefined) return undefined;
  const wanted = fields.split(",").map((field) => field.trim());
  const unknown = wanted.filter((field) => !Object.hasOwn(entity.shape, field));
  if (unknown.length > 0) {
    throw new Problem("invalid_request", {
      errors: unknown.map((field) => ({
        path: "query.fields",
        message: `there is no field ${JSON.stringify(field.slice(0, 50))}`,
      })),
    });
  }
  return new Set(["id", ...wanted]);
}

/** `entity` with the fields of `wanted` alone. */
export function pickFields<T extends object>(entity: T, wanted: ReadonlySet<string> | undefined): T {
  if (!wanted) return entity;
  return Object.fromEntries(Object.entries(entity).filter(([field]) => wanted.has(field))) as T;
}
