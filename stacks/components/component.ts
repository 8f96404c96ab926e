import type { Input, Resource } from "@pulumi/pulumi";
import type { z } from "zod";
import type { ToolName } from "../../toolchain/tool.ts";
import type { AwsTarget } from "../targets/aws/target.ts";
import type { KubernetesTarget } from "../targets/kubernetes/target.ts";
import type { LocalTarget } from "../targets/local/target.ts";
import type { Target } from "../targets/target.ts";

/*
 * The component contract. Three interfaces are open: each component's folder adds its own line to them by
 * module augmentation (see any components/<noun>/outputs.ts), so that adding a component touches no other file
 * than the registry.
 */

/** The component's part of the blueprint after defaults, by kind. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by module augmentation
export interface Specs {}

/**
 * What a built component tells the rest of the world, by kind: one type for all three targets, and the contract
 * of `purlin outputs --json`. Values are Pulumi inputs: plain on `local`, where ports and names are known before
 * the run, computed on targets that choose them. Passwords are Pulumi secrets.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by module augmentation
export interface Outputs {}

/** What another component or service may claim of this one, by kind (a database, a bucket). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- filled by module augmentation
export interface Claims {}

export type ComponentKind = keyof Specs & keyof Outputs;

/** An edge of the graph: `consumer` (a component or a service) uses `on`, with the claim's own fields. */
export type Need = { [K in keyof Claims]: { consumer: string; on: K } & Claims[K] }[keyof Claims];

/** The edges that end at one kind. */
export type NeedOf<K extends keyof Claims> = Extract<Need, { on: K }>;

export interface Address {
  host: Input<string>;
  port: Input<number>;
}

export interface Login {
  user: string;
  password: Input<string>;
}

/** A place Prometheus scrapes. Labels are added to every series; `component` and `instance` are always among them. */
export interface ScrapeTarget {
  job: string;
  /** host:port */
  address: Input<string>;
  path?: string;
  scheme?: "http" | "https";
  params?: Record<string, string[]>;
  labels: { component: string; instance: string } & Record<string, string>;
}

/** A route of the gateway: requests whose path starts with `path` go to `backends`, balanced over them. */
export interface Route {
  name: string;
  /** Path prefix, `/` or `/api`. */
  path: string;
  /** Remove `path` before the request reaches the backend. */
  stripPrefix: boolean;
  sticky: boolean;
  backends: Address[];
  /** Path asked on every backend's own port; any status outside 2xx takes the backend out of rotation. */
  healthPath: string;
  /** Set on every answer, whatever the backend says. */
  responseHeaders?: Record<string, string>;
}

/** The platform as its clients see it, services among them. */
export interface Front {
  /** https URL, no trailing slash. */
  url: Input<string>;
  /** PEM file of the authority that signed the certificate; absent where it is one that clients know. */
  ca?: Input<string>;
}

/** What a component hands back once its resources are registered. */
export interface Built<K extends ComponentKind> {
  outputs: Outputs[K];
  /** Resources that are done when the component is healthy; consumers that must wait depend on them. */
  ready: Resource[];
  /** Resources after which what consumers are given can be used, while the rest (replicas) is still being made. Absent: `ready`. */
  usable?: Resource[];
  scrape: ScrapeTarget[];
  routes: Route[];
}

export type BuiltComponents = { [K in ComponentKind]?: Built<K> };

export interface BuildInput<K extends ComponentKind> {
  spec: Specs[K];
  /** Every edge that ends at this component. */
  consumers: K extends keyof Claims ? NeedOf<K>[] : never[];
  /** Components built before this one: those it needs, and those named in `after`. */
  built: BuiltComponents;
  /** Environment of one consumer: `commonEnv` of every component and `env` of all it needs, merged. The program supplies it. */
  envOf: (consumer: string, purpose: EnvPurpose) => Record<string, Input<string>>;
  /** Where clients reach the platform: the gateway. Known before it is built; absent without one. */
  front?: Front | undefined;
}

/** `run`: an instance of the service; `migrate`: its run-once migration, which also gets owners' logins. */
export type EnvPurpose = "run" | "migrate";

export interface Component<K extends ComponentKind> {
  kind: K;
  /** One line for help, docs and editors. */
  summary: string;
  /** Schema of the component's part of the blueprint. Unknown keys are errors; every field has a default or a clear message. */
  spec: z.ZodType<Specs[K]>;
  /** Schema of what a service writes under `needs.<kind>`, giving claims. Absent where nothing can be claimed. */
  claims?: K extends keyof Claims ? z.ZodType<Claims[K][]> : never;
  /** Edges to other components. They decide start order, least-privilege grants and env. */
  needs: (spec: Specs[K]) => Need[];
  /** Tools of the local target that this part of the blueprint is made with; the tool chain has them ready before the run. */
  tools: (spec: Specs[K]) => ToolName[];
  /** Kinds whose outputs are read without waiting for their processes: the gateway reads services, monitoring everything. */
  after: ComponentKind[] | "everything";
  /** Of the gateway: where clients will reach it; asked before anything is built. */
  front?: (target: Target, spec: Specs[K]) => Front;
  on: {
    local: (target: LocalTarget, input: BuildInput<K>) => Built<K>;
    kubernetes: (target: KubernetesTarget, input: BuildInput<K>) => Built<K>;
    aws: (target: AwsTarget, input: BuildInput<K>) => Built<K>;
  };
  /** Environment every service gets because this component is part of the platform; asked before anything is built. */
  commonEnv?: (target: Target, spec: Specs[K]) => Record<string, Input<string>>;
  /** Environment one consumer gets for its claims on this component (all its edges at once). `migrate` adds owners' logins. */
  env: (
    outputs: Outputs[K],
    needs: K extends keyof Claims ? NeedOf<K>[] : never[],
    purpose: EnvPurpose,
  ) => Record<string, Input<string>>;
}

/**
 * The components that can be claimed, by kind. The registry hands them to the services component, which takes the
 * schemas of `needs` from them without importing any.
 */
export type Claimable = { [K in keyof Claims]: Component<K> };

/** The schema of what a service may write under `needs.<kind>`, of every kind that can be claimed. */
export type ClaimSchemas = { [K in keyof Claims]: z.ZodType<Claims[K][]> };
