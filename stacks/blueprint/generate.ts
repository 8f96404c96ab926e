import { editorSchema } from "./json-schema.ts";

/** The generated file of the blueprint: path below the package's root -> content. Written and checked for staleness. */
export function generatedFiles(): Map<string, string> {
  return new Map([["stacks/blueprint/blueprint.schema.json", `${JSON.stringify(editorSchema(), null, 2)}\n`]]);
}
