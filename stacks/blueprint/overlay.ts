import { isMapping } from "./mapping.ts";

/**
 * The file's sections with a stack's `set` laid over them. Mappings merge key by key; everything else, lists too, is
 * replaced; `null` takes a key away, so that its default applies or the component is not built.
 */
export function overlay(base: Record<string, unknown>, set: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(set)) {
    const below = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isMapping(value) ? overlay(isMapping(below) ? below : {}, value) : value);
  }
  return Object.fromEntries(merged);
}
