import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedFiles as cliFiles } from "./cli/reference.ts";
import { generatedFiles as dashboardFiles } from "./dashboards/generate.ts";
import { generatedFiles as blueprintFiles } from "./stacks/blueprint/generate.ts";

// `npm run generate`: writes every file that is made from code and committed. Tests refuse stale ones.
for (const [path, content] of [...cliFiles(), ...dashboardFiles(), ...blueprintFiles()]) {
  const file = join(import.meta.dirname, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
