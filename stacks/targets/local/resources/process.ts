import { CustomResource, secret, type CustomResourceOptions, type Input } from "@pulumi/pulumi";
import type { Probe, ProcessArgs } from "../target.ts";
import { levelAbove, recordLevel } from "./level.ts";

/**
 * A daemon kept by the stack's supervisor. Named `<component>` or `<component>-<n>`: status, logs and the folder
 * under `processes/` use that name. It is created when its probe answers well, and it has no computed outputs, so
 * previews are exact. `dependsOn` decides both the order of start and, reversed, the order of `purlin down`.
 */
export class Process extends CustomResource {
  constructor(name: string, args: ProcessArgs, options: CustomResourceOptions = {}) {
    const level = levelAbove(options);
    super("purlin:local:Process", name, { ...args, ready: hidden(args.ready), level }, options);
    recordLevel(this, options, level + 1);
  }
}

/** The probe with its credentials marked secret, whatever the author passed. */
function hidden(probe: Probe): Probe {
  switch (probe.kind) {
    case "postgres":
    case "redis":
      return { ...probe, password: secret(probe.password) };
    case "http":
      return probe.headers ? { ...probe, headers: hiddenHeaders(probe.headers) } : probe;
    case "tcp":
      return probe;
  }
}

function hiddenHeaders(headers: Record<string, Input<string>>): Record<string, Input<string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret(value)]));
}
