import type { Target } from "../../targets/target.ts";
import type { Component, Front } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local, localFront } from "./local.ts";
import type { GatewaySpec } from "./outputs.ts";
import { gatewaySpec } from "./spec.ts";

export const gateway: Component<"gateway"> = {
  kind: "gateway",
  summary: "Gateway: HTTPS, load balancing over the instances of services, limits",
  spec: gatewaySpec,
  needs: () => [],
  tools: () => ["traefik"],
  after: ["services", "storage"],
  on: { local, kubernetes, aws },
  front,
  commonEnv: (target, spec) => {
    const { url, ca } = front(target, spec);
    return { PLATFORM_URL: url, ...(ca && { NODE_EXTRA_CA_CERTS: ca }) };
  },
  env: () => ({}),
};

function front(target: Target, spec: GatewaySpec): Front {
  return target.kind === "local" ? localFront(target, spec) : { url: `https://${spec.domain}` };
}
