import { z } from "zod";

/** Postgres cannot store NUL; half of a surrogate pair is no character at all. */
export function isText(value: string): boolean {
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
