import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * The text `purlin init` writes: the example with its comments, for a project of this name. The example's service
 * stays where its folder exists below `folder`, and is shown as a comment elsewhere.
 *
 * @param packageRoot folder of purlin's own package, where the example and the editors' schema are.
 */
export function starterBlueprint({ name, folder, packageRoot }: { name: string; folder: string; packageRoot: string }) {
  const home = join(packageRoot, "stacks/blueprint");
  const example = readFileSync(join(home, "example.yaml"), "utf8");
  const schema = relative(folder, join(home, "blueprint.schema.json"));
  const text = example
    .replace(/(?<=\$schema=).*/, schema.startsWith(".") ? schema : `./${schema}`)
    .replace(/^name: .*/m, `name: ${name}`);
  return existsSync(join(folder, "services/api")) ? text : withoutService(text);
}

/** The services section is the last of the example; overlays that change its service name it on one line. */
function withoutService(text: string): string {
  const [before = "", service = ""] = text.split(/^services:\n/m);
  const sections = before.replace(/^ +services: \{.*\n/m, "");
  const shown = service.replace(/^(?=.)/gm, "# ");
  return `${sections}# services:\n${shown}`;
}
