import type { BuildInput, ComponentKind, Need, Specs } from "../components/component.ts";
import { components, kinds } from "../components/index.ts";

/** Every edge of a platform: what each of its components, and each of its services, uses of another. */
export function allNeeds(specs: Partial<Specs>): Need[] {
  return kinds.flatMap((kind) => needsOf(kind, specs));
}

/** The edges that start at one component. */
export function needsOf<K extends ComponentKind>(kind: K, specs: Partial<Specs>): Need[] {
  const spec: Specs[K] | undefined = specs[kind];
  return spec === undefined ? [] : components[kind].needs(spec);
}

/** The edges that end at one kind: its consumers. */
export function consumersOf<K extends ComponentKind>(kind: K, needs: readonly Need[]): BuildInput<K>["consumers"] {
  return needs.filter(({ on }) => on === kind) as BuildInput<K>["consumers"]; // `on` decides the type of an edge
}
