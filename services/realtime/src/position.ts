/** A place in the feed: a bigint as text. Clients treat it as opaque. */
export type Position = string;

/** Whether `a` comes after `b`. */
export function isAfter(a: Position, b: Position): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}
