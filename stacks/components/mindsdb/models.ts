import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A Python model of ours, as MindsDB keeps it. */
export interface Engine {
  /** Of the model and its content: a changed model is another engine, and one that is there is the one that is meant. */
  name: string;
  /** Python source. */
  code: string;
}

export type ModelName = "work" | "summary";

// Python is not compiled: from dist it is read where it was written.
const folder = new URL(
  import.meta.url.endsWith(".ts") ? "models/" : "../../../../stacks/components/mindsdb/models/",
  import.meta.url,
);

/** The engine of a file in `models/`. */
export function engineOf(model: ModelName): Engine {
  const code = readFileSync(new URL(`${model}.py`, folder), "utf8");
  return { name: `${model}_${createHash("sha256").update(code).digest("hex").slice(0, 12)}`, code };
}
