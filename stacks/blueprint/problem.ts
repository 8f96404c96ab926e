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

/**
 * The problems of all stacks, each once and in the order of the file. One that only some stacks have, in a place that is
 * not theirs, says which have it.
 */
export function collect(byStack: readonly (readonly [stack: string, problems: readonly BlueprintProblem[]])[]) {
  const found = new Map<string, { problem: BlueprintProblem; stacks: Set<string> }>();
  for (const [stack, problems] of byStack) {
    for (const problem of problems) {
      const key = JSON.stringify(problem);
      const { stacks } = found.get(key) ?? { stacks: new Set<string>() };
      found.set(key, { problem, stacks: new Set([...stacks, stack]) });
    }
  }
  return [...found.values()]
    .map(({ problem, stacks }): BlueprintProblem => {
      if (stacks.size === byStack.length || problem.path.startsWith("stacks.")) return problem;
      return {
        ...problem,
        message: `${problem.message} (in ${stacks.size === 1 ? "stack" : "stacks"} ${[...stacks].join(", ")})`,
      };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
