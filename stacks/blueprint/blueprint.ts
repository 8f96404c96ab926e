import type { Specs } from "../components/component.ts";

type TargetName = "local" | "kubernetes" | "aws";

/** A resolved, valid blueprint for one stack: the file, the stack's overlay and the defaults, merged. */
export interface Blueprint {
  /** Product name: lower case letters, digits and dashes. */
  name: string;
  stack: string;
  target: TargetName;
  /** Pulumi backend URL; absent means the file backend in the data home. */
  backend?: string | undefined;
  /** Absolute path of the purlin.yaml it came from. */
  file: string;
  /** The components to build, by kind; an absent kind is not part of the platform. */
  components: Partial<Specs>;
}
