/**
 * The part of a component on a target that is not built yet. The blueprint's rules refuse such a stack before the
 * engine runs; this is the same refusal for a program run by hand with `pulumi up`.
 */
export function unbuilt(kind: string, target: "kubernetes" | "aws"): () => never {
  return () => {
    throw new Error(`${kind}: the ${target} target is not available yet; use a stack with target: local`);
  };
}
