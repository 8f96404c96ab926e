import type { Json } from "./engine/engine.ts";

/** The value at a path of plain JSON: `pick(outputs, "services", "api", "url")`. Undefined where there is none. */
function pick(value: Json | undefined, ...path: string[]): Json | undefined {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || Array.isArray(found)) return undefined;
    found = found[key];
  }
  return found;
}

/** A string or number at a path, as text. */
export function pickString(value: Json | undefined, ...path: string[]): string | undefined {
  const found = pick(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}

/** Keys of the object at a path; none where there is no object. */
export function keysAt(value: Json | undefined, ...path: string[]): string[] {
  const found = pick(value, ...path);
  return typeof found === "object" && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
}
