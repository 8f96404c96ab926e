import { CustomResource, type CustomResourceOptions } from "@pulumi/pulumi";
import type { FileArgs } from "../target.ts";
import { recordLevel } from "./level.ts";

/** A file of generated configuration, owned by the platform's user, written atomically and healed when edited by hand. */
export class File extends CustomResource {
  /** Absolute path, known before the run. */
  readonly path: string;

  constructor(name: string, args: FileArgs, options: CustomResourceOptions = {}) {
    super("purlin:local:File", name, { ...args }, options);
    this.path = args.path;
    recordLevel(this, options);
  }
}
