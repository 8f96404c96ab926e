import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ExitFamily } from "../../../errors/exit-codes.ts";
import type { Context } from "../../context.ts";
import { writeDocument } from "../../output/json.ts";

interface InitOptions {
  name?: string;
}

/** Writes a starter blueprint, unless one is there, and makes the stack's folder with its secrets. Safe to repeat. */
export async function init(
  { stdout, stderr, cwd, settings, platform }: Pick<Context, "stdout" | "stderr" | "cwd" | "settings" | "platform">,
  { name = nameOf(cwd) }: InitOptions,
): Promise<ExitFamily> {
  const file = resolve(cwd, settings.file ?? "purlin.yaml");
  const written = !existsSync(file);
  if (written) await writeFile(file, await platform.starter({ name, folder: dirname(file) }), { flag: "wx" });
  const blueprint = await platform.resolveBlueprint({ file, stack: settings.stack });
  const home = await platform.openHome(blueprint, { create: true });
  if (settings.json) {
    writeDocument(stdout, { file, written, name: blueprint.name, stack: blueprint.stack, home: home.dir });
    return "done";
  }
  stderr.write(written ? `Wrote ${file}.\n` : `${file} is there already and was left as it is.\n`);
  stderr.write(`Data and secrets of stack ${blueprint.stack} are in ${home.dir}, outside the repository.\n`);
  stderr.write(`${hint(cwd)}Next: edit purlin.yaml, \`purlin doctor\`, \`purlin up\`.\n`);
  return "done";
}

/** A product name from a folder's: lower case letters, digits and dashes, beginning with a letter. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  return name === "" ? "platform" : name;
}

function hint(folder: string): string {
  if (!existsSync(join(folder, ".git"))) return "";
  return "Nothing here needs an entry in .gitignore; commit purlin.yaml, and keep .env files out.\n";
}
