import { z } from "zod";

/** A day that Postgres has too: it knows no year 0. */
export function day() {
  return z.iso.date().refine((text) => !text.startsWith("0000"), "is before the year 1");
}

/** A moment, in whatever time zone it is told; in UTC from here on. */
export function moment() {
  return z.iso
    .datetime({ offset: true })
    .refine((text) => isInRange(new Date(text).getUTCFullYear()), "is not between the years 1 and 9999")
    .transform((text) => new Date(text).toISOString());
}

function isInRange(year: number): boolean {
  return year >= 1 && year <= 9999; // false for NaN
}
