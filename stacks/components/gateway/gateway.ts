import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local, localUrls } from "./local.ts";
import { gatewaySpec } from "./spec.ts";

export const gateway: Component<"gateway"> = {
  kind: "gateway",
  summary: "Gateway: HTTPS, load balancing over the instances of services, limits",
  spec: gatewaySpec,
  needs: () => [],
  tools: () => ["traefik"],
  after: ["services"],
  on: { local, kubernetes, aws },
  publicUrl: (target, spec) => (target.kind === "local" ? localUrls(target, spec).url : `https://${spec.domain}`),
  env: () => ({}),
};
