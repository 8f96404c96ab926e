import type { Input } from "@pulumi/pulumi";
import type { Address, Claims } from "../component.ts";

export interface ServiceSpec {
  /** Folder of the service, relative to purlin.yaml. */
  path: string;
  /** Program and arguments, run in `path`; `node` is the platform's own Node.js. */
  command: [string, ...string[]];
  /** Run once, before the new instances start, with the database owner's login. */
  migrate?: [string, ...string[]] | undefined;
  instances: number;
  /** Absent for a worker: no public port, no route. */
  route?: { path: string; stripPrefix: boolean; sticky: boolean; page?: string | undefined } | undefined;
  needs: { [K in keyof Claims]?: Claims[K][] | undefined };
  env: Record<string, string>;
  /** Names of keys the stack makes, by variable; services that name the same one share it. */
  keys: Record<string, string>;
  /** Seconds an instance may take to finish its requests after SIGTERM. */
  stopTimeout: number;
}

export type ServicesSpec = Record<string, ServiceSpec>;

export interface ServiceOutputs {
  /** URL through the gateway; absent for a worker. */
  url?: Input<string>;
  /** The page `purlin open <service>` shows; absent: `url`. */
  page?: Input<string>;
  instances: ServiceInstance[];
}

interface ServiceInstance {
  name: string;
  /** Address behind the gateway; absent for a worker. */
  http?: Address;
  /** /livez, /readyz, /metrics. */
  internal: Address;
}

declare module "../component.ts" {
  interface Specs {
    services: ServicesSpec;
  }
  interface Outputs {
    services: Record<string, ServiceOutputs>;
  }
}
