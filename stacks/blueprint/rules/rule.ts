import type { Claims, Specs } from "../../components/component.ts";
import type { Finding, Path } from "../problem.ts";

/** What rules look at: the sections whose own schema is content, and the names of all that were written. */
export interface Sections {
  specs: Partial<Specs>;
  /** Keys of the file, also those of sections that are broken. */
  declared: readonly string[];
  /** Absolute path of the folder of purlin.yaml. */
  folder: string;
}

/** A check across sections that are each right on their own. It is pure but for looking at `folder`. */
export type Rule = (input: Sections) => Finding[];

/** Every claim services make on one kind, with its place. */
export function claimsOn<K extends keyof Claims>(kind: K, specs: Partial<Specs>): { path: Path; claim: Claims[K] }[] {
  return Object.entries(specs.services ?? {}).flatMap(([name, { needs }]) => {
    const claims: Claims[K][] = needs[kind] ?? [];
    return claims.map((claim, index) => ({ path: ["services", name, "needs", kind, index], claim }));
  });
}
