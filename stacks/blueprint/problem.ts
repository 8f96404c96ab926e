import type { BlueprintProblem } from "../../errors/catalog.ts";

/** A place in the blueprint: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[];

/** What a check has to say about a place in the resolved blueprint; where that is in the file is found later. */
export interface Finding {
  path: Path;
  /** What is wrong and, after a semicolon, what to write instead. */
  message: string;
  /** The finding is about the key itself (it is unknown), not about its value. */
  onKey?: boolean;
}

/** `services.api.needs.postgres[0].database` */
export function showPath(path: Path): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      const plain = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
      return index === 0 ? plain : `.${plain}`;
    })
    .join("");
}

/** Each problem once, in the order of the file. */
export function tidy(problems: readonly BlueprintProblem[]): BlueprintProblem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
