import type { ComponentKind, Specs } from "../components/component.ts";
import { components, kinds } from "../components/index.ts";
import { needsOf } from "./needs.ts";

/** The components of a platform so that each comes after all it needs or reads; otherwise in the registry's order. */
export function startOrder(specs: Partial<Specs>): ComponentKind[] {
  const present = kinds.filter((kind) => specs[kind] !== undefined);
  const before = (kind: ComponentKind) => {
    const { after } = components[kind];
    const read = after === "everything" ? present.filter((other) => other !== kind) : after;
    return [...needsOf(kind, specs).map(({ on }) => on), ...read];
  };
  return sorted(present, before);
}

/** The reverse: each component stops before what it needs. */
export function stopOrder(specs: Partial<Specs>): ComponentKind[] {
  return startOrder(specs).reverse();
}

/**
 * Sorts nodes so that each follows those named by `before`, keeping the given order where that leaves a choice. Names
 * that are not among the nodes are ignored. Throws when nodes wait for each other, with the circle written out.
 */
export function sorted<T extends string>(nodes: readonly T[], before: (node: T) => readonly T[]): T[] {
  const done = new Set<T>();
  const visit = (node: T, trail: readonly T[]): void => {
    if (done.has(node)) return;
    if (trail.includes(node)) throw new Error(`components wait for each other: ${circle(trail, node)}`);
    for (const earlier of nodes.filter((candidate) => before(node).includes(candidate)))
      visit(earlier, [...trail, node]);
    done.add(node);
  };
  for (const node of nodes) visit(node, []);
  return [...done];
}

function circle<T extends string>(trail: readonly T[], node: T): string {
  return [...trail.slice(trail.indexOf(node)), node].join(" -> ");
}
