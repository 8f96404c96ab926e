import { Problem } from "@purlin/kit/problems";
import type { Request } from "express";
import { z } from "zod";

/** What a form sent, or what is wrong with it: one sentence a field. */
export type FormResult<T> =
  { ok: true; data: T } | { ok: false; problems: Record<string, string>; typed: Record<string, string> };

/** Checks the fields of a form. `typed` is what was sent in text fields, to fill them in again. */
export function readForm<T>(schema: z.ZodType<T>, request: Request): FormResult<T> {
  const body: unknown = request.body ?? {};
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, data: result.data };
  const problems = Object.fromEntries(
    result.error.issues.map(({ path, message }) => [String(path[0] ?? ""), sentence(message)]),
  );
  return { ok: false, problems, typed: z.record(z.string(), z.string().catch("")).catch({}).parse(body) };
}

/**
 * The same for a form whose fields only our own page fills in: when they are wrong, nobody could mend them.
 * @throws Problem invalid_request
 */
export function requireForm<T>(schema: z.ZodType<T>, request: Request): T {
  const form = readForm(schema, request);
  if (!form.ok) throw new Problem("invalid_request");
  return form.data;
}

/** JSON in a field. */
export function jsonField<T>(schema: z.ZodType<T>) {
  return z.string().transform((text, context): T => {
    const result = schema.safeParse(parse(text));
    if (result.success) return result.data;
    context.addIssue({ code: "custom", message: "is not valid" });
    return z.NEVER;
  });
}

/** A token of a link; what is none is answered like one that is over. */
export const tokenField = z.string().max(100).catch("");

/** The token in the page's address. */
export function tokenOf(request: Request): string {
  return tokenField.parse(request.query["token"]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function sentence(message: string): string {
  return `This ${message}.`;
}
