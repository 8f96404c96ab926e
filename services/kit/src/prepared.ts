import pg from "pg";

/*
 * Statements are planned once a connection: Postgres keeps them under a name. What no longer fits its tables after a migration is
 * refused, and runs without a name or on another connection.
 */

/** Names of statements by their text, within the process. */
const names = new Map<string, string>();

/** Texts that are put together are many: what does not fit is not prepared. */
const capacity = 200;

/** The name to keep a statement under; undefined for one that is not to be kept. */
export function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= capacity) return known;
  const name = `statement-${names.size}`;
  names.set(text, name);
  return name;
}

/** "cached plan must not change result type", "prepared statement does not exist", "already exists". */
const codes = new Set(["0A000", "26000", "42P05"]);

/** Whether Postgres refuses a statement for how it was prepared: it has done nothing of it. */
export function isStale(error: unknown): boolean {
  return error instanceof pg.DatabaseError && codes.has(error.code ?? "");
}
