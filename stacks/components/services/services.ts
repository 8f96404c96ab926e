import type { Claimable, Component } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { serviceNeeds } from "./needs.ts";
import { claimSchemas, servicesSpec } from "./spec.ts";

/** The component of the repository's own services; what they may need is what `claimable` lets them claim. */
export function servicesOn(claimable: Claimable): Component<"services"> {
  return {
    kind: "services",
    summary: "the repository's own HTTP services and workers",
    spec: servicesSpec(claimSchemas(claimable)),
    needs: serviceNeeds,
    tools: () => [],
    after: [],
    on: { local, kubernetes, aws },
    env: () => ({}),
  };
}
