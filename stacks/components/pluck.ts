/** One member of every component, by kind: `pluck(components, "spec")`. */
export function pluck<T extends object, M extends keyof T[keyof T]>(parts: T, member: M): { [K in keyof T]: T[K][M] } {
  const plucked: Partial<{ [K in keyof T]: T[K][M] }> = {};
  for (const kind in parts) plucked[kind] = parts[kind][member];
  return plucked as { [K in keyof T]: T[K][M] }; // every key of `parts` was visited, which the compiler cannot count
}
