import { key } from "../resources/change.ts";
import type { Change } from "./kind.ts";

type Members = Readonly<Record<string, string>>;

/** One change for each member that was added, removed or has another value. */
export function memberChanges(property: string, wanted: Members = {}, found: Members = {}): Change[] {
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...names].filter((name) => wanted[name] !== found[name]).map((name) => ({ key: key(property, name) }));
}
