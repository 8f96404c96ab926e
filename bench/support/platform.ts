import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stackHome, type StackHome } from "../../stacks/home/home.ts";
import { packageRoot } from "../../tests/e2e/support/purlin.ts";
import { makeProject, type Project } from "../../tests/e2e/support/project.ts";

/** Everything purlin can build on this machine: the example of the repository. */
export const fullBlueprint: string = readFileSync(join(packageRoot, "purlin.yaml"), "utf8");

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
