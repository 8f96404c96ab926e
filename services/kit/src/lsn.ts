/** A position in the write-ahead log, as Postgres prints it: `16/B374D848`. */
export type Lsn = string & { readonly lsn: unique symbol };

const shape = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

function isLsn(text: string): text is Lsn {
  return shape.test(text);
}

/** @throws Error when `text` is not a position. */
export function toLsn(text: string | null | undefined): Lsn {
  if (typeof text !== "string" || !isLsn(text)) throw new Error(`not a write-ahead log position: ${String(text)}`);
  return text;
}

/** Fixed width, so that positions sort as strings; also a form that is safe in keys, headers and cookies. */
export function sortable(lsn: Lsn): string {
  const [high = "", low = ""] = lsn.split("/");
  return high.padStart(8, "0") + low.padStart(8, "0");
}

/** Undefined for what is not a position in sortable form. */
export function fromSortable(text: string | null | undefined): Lsn | undefined {
  if (!text || !/^[0-9A-F]{16}$/.test(text)) return undefined;
  const short = (part: string) => part.replace(/^0{1,7}/, "");
  return toLsn(`${short(text.slice(0, 8))}/${short(text.slice(8))}`);
}

/** Whether `a` is at or past `b`. */
export function reached(a: Lsn, b: Lsn): boolean {
  return sortable(a) >= sortable(b);
}

export function latest(a: Lsn | undefined, b: Lsn | undefined): Lsn | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return reached(a, b) ? a : b;
}
