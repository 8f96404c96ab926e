import { directory } from "./directory.ts";
import { file } from "./file.ts";
import { bind, type BoundKind } from "./kind.ts";
import { process } from "./process.ts";
import { task } from "./task.ts";

const kinds: Readonly<Record<string, BoundKind>> = {
  "purlin:local:File": bind(file),
  "purlin:local:Directory": bind(directory),
  "purlin:local:Process": bind(process),
  "purlin:local:Task": bind(task),
};

/** @throws Error for a type this provider does not have. */
export function kindOf(type: string): BoundKind {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`the purlin provider has no resource type ${type}`);
  return kind;
}
