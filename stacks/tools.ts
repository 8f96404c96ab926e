import type { ToolName } from "../toolchain/tool.ts";
import type { Blueprint } from "./blueprint/blueprint.ts";
import type { ComponentKind } from "./components/component.ts";
import { components, kinds } from "./components/index.ts";

/** Tools every local stack is made with. */
const always: ToolName[] = ["pulumi", "supervisor"];

/** The tools that one blueprint needs on the local target, and no others. */
export function toolsOf({ components: specs }: Pick<Blueprint, "components">): ToolName[] {
  const tools = <K extends ComponentKind>(kind: K): ToolName[] => {
    const spec = specs[kind];
    return spec === undefined ? [] : components[kind].tools(spec);
  };
  return [...always, ...kinds.flatMap(tools)];
}
