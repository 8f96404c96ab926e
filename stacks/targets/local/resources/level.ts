import { Resource, type ResourceOptions } from "@pulumi/pulumi";

/*
 * `purlin down` stops processes in reverse order of dependency, without the engine. A process's level is the number
 * of processes on its longest chain of dependencies (through files, folders and tasks too); it is known here, while
 * the program runs, and travels to the provider as an ordinary input. Processes of one level stop side by side.
 */
const heights = new WeakMap<Resource, number>();

/** Level of a process with these options: 0 when it depends on no process. */
export function levelAbove(options: ResourceOptions): number {
  return Math.max(0, ...named(options).map((dependency) => heights.get(dependency) ?? 0));
}

/** Remember how high `resource` stands, for those that will depend on it or on its parents. */
export function recordLevel(resource: Resource, options: ResourceOptions, height = levelAbove(options)): void {
  heights.set(resource, height);
  // Depending on a parent means depending on all its children, so a parent is as high as its highest child.
  if (options.parent) heights.set(options.parent, Math.max(height, heights.get(options.parent) ?? 0));
}

/** Resources under `dependsOn`. Programs are synchronous, so promises and outputs do not occur in it. */
function named(options: ResourceOptions): Resource[] {
  const { dependsOn } = options;
  const list: unknown[] = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  return list.filter((item) => item instanceof Resource);
}
