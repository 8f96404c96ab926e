import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * The text `purlin init` writes: the example with its comments, for a project of this name. The example's services
 * stay where their folders exist below `folder`, and are shown as a comment elsewhere.
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
  const paths = [...example.matchAll(/^ +path: (services\/\S+)/gm)].map(([, path = ""]) => path);
  return paths.every((path) => existsSync(join(folder, path))) ? text : withoutServices(text);
}

/** The services section is the last of the example; overlays that change services name them on one line. */
function withoutServices(text: string): string {
  const [before = "", service = ""] = text.split(/^services:\n/m);
  const sections = before.replace(/^ +services: \{.*\n/m, "");
  const shown = service.replace(/^(?=.)/gm, "# ");
  return `${sections}# services:\n${shown}`;
}
