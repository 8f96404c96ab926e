import type { AwsTarget } from "./aws/target.ts";
import type { KubernetesTarget } from "./kubernetes/target.ts";
import type { LocalTarget } from "./local/target.ts";

/** Any of the targets; `kind` tells which. */
export type Target = LocalTarget | KubernetesTarget | AwsTarget;
