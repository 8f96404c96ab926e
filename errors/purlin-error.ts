import { catalog, type ErrorCode, type ErrorDetails } from "./catalog.ts";
import type { ExitFamily } from "./exit-codes.ts";

/** A text of the catalogue, filled in: what happened, why, and the one command or edit that mends it. */
export interface ErrorText {
  what: string;
  why?: string | undefined;
  fix: string;
}

/**
 * An error a user is meant to read. `code` is permanent and names an entry of the catalogue; everything else that
 * reaches the top of the CLI is a bug and is reported as one.
 */
export class PurlinError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly details: ErrorDetails<C>;
  readonly text: ErrorText;
  readonly family: ExitFamily;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    const entry = catalog[code] as { family: ExitFamily; text: (details: ErrorDetails<C>) => ErrorText };
    const text = entry.text(details);
    super(text.what, options);
    this.name = "PurlinError";
    this.code = code;
    this.details = details;
    this.text = text;
    this.family = entry.family;
  }
}

/** `instanceof` alone would leave the code, and so the details, unknown to the compiler. */
export function isPurlinError(error: unknown): error is PurlinError {
  return error instanceof PurlinError;
}
