import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ServiceSpec } from "../../stacks/components/services/outputs.ts";
import type { Check } from "./check.ts";

/** The files the services are started from are there: a service that was never built fails after everything else is up. */
export const services: Check = {
  id: "services",
  title: "services are built",
  beforeUp: true,
  run({ blueprint }) {
    const root = dirname(blueprint.file);
    const all = Object.entries(blueprint.components.services ?? {});
    const missing = all.flatMap(([name, spec]) => entryFiles(spec, root).map((file) => ({ name, file })));
    const absent = missing.filter(({ file }) => !existsSync(file));
    if (absent.length === 0) return { level: "ok", detail: all.map(([name]) => name).join(", ") || "none" };
    return {
      level: "fail",
      detail: absent.map(({ name, file }) => `${name} has no ${file}`).join("; "),
      remedy: `build them: \`npm run build\` in ${root}`,
    };
  },
};

/** The scripts that `node` is given, absolute. Other programs are looked up on PATH when they start. */
function entryFiles({ path, command, migrate }: ServiceSpec, root: string): string[] {
  return [command, ...(migrate === undefined ? [] : [migrate])].flatMap(([program, ...args]) => {
    const script = program === "node" ? args.find((arg) => !arg.startsWith("-")) : undefined;
    return script === undefined ? [] : [resolve(root, path, script)];
  });
}
