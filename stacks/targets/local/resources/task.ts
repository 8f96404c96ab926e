import { CustomResource, secret, type CustomResourceOptions } from "@pulumi/pulumi";
import type { TaskArgs } from "../target.ts";
import { recordLevel } from "./level.ts";

/**
 * Work done once: initdb, create a role, make a bucket. It runs again when its command, environment, input or
 * fingerprints change, and when the file named by `creates` is missing. Its input is always a secret.
 */
export class Task extends CustomResource {
  constructor(name: string, args: TaskArgs, options: CustomResourceOptions = {}) {
    const input = args.input === undefined ? {} : { input: secret(args.input) };
    super("purlin:local:Task", name, { ...args, ...input }, options);
    recordLevel(this, options);
  }
}
