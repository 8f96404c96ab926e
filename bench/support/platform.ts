import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { stackHome, type StackHome } from "../../stacks/home/home.ts";
import { packageRoot } from "../../tests/e2e/support/purlin.ts";
import { makeProject, type Project } from "../../tests/e2e/support/project.ts";
import { freePort } from "../../tests/harness/free-port.ts";

const example: unknown = parse(readFileSync(join(packageRoot, "purlin.yaml"), "utf8"));

/** Everything purlin can build on this machine: the repository's example, on ports that nobody else wants. */
export async function fullBlueprint(): Promise<unknown> {
  const { gateway, ...others } = z.looseObject({ gateway: z.looseObject({}) }).parse(example);
  return { ...others, gateway: { ...gateway, ports: { http: await freePort(), https: await freePort() } } };
}

/** Works with a project of its own, and leaves nothing of it behind. */
export async function withProject<Result>(
  blueprint: unknown,
  work: (project: Project) => Promise<Result>,
): Promise<Result> {
  const project = makeProject({ blueprint });
  try {
    return await work(project);
  } finally {
    await project.dispose();
  }
}

/** The places of the project's only stack, once it has been up. */
export function homeOf(project: Project): StackHome {
  const stacks = join(project.home, "stacks");
  const [key] = readdirSync(stacks);
  if (key === undefined) throw new Error(`no stack in ${stacks}`);
  return stackHome(join(stacks, key));
}
