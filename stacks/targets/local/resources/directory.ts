import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import type { DirectoryArgs } from "../target.ts";
import { recordLevel } from "./level.ts";

/** A folder owned by the platform's user. One that holds data outlives everything but `purlin destroy`. */
export class Directory extends CustomResource {
  /** Absolute path, known before the run. */
  readonly path: string;

  constructor(name: string, args: DirectoryArgs, options: CustomResourceOptions = {}) {
    super("purlin:local:Directory", name, { ...args }, options);
    this.path = args.path;
    recordLevel(this, options);
  }
}
