import { z } from "zod";
import { sanitiseRichText } from "./rich-text.ts";

/** Postgres cannot store NUL; half of a surrogate pair is no character at all. */
function isText(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

/** One line of plain text: no control characters, not only spaces. */
export function line(max: number) {
  return z
    .string()
    .max(max)
    .regex(/\S/, "is empty")
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "has characters that are not text")
    .overwrite((value) => value.trim());
}

/** HTML as people write it; what could do more than show text is taken out. */
export function richText(max: number) {
  return z
    .string()
    .max(max)
    .refine(isText, "has characters that are not text")
    .overwrite(sanitiseRichText)
    .describe("HTML of a small set of elements; everything else is taken out.");
}

/** Refuses an object that changes nothing: somebody meant something else. */
export function changesSomething(changes: object): boolean {
  return Object.values(changes).some((value) => value !== undefined);
}
