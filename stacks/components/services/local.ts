import type { Input, Resource } from "@pulumi/pulumi";
import { secret } from "@pulumi/pulumi";
import { join } from "node:path";
import { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { Built, BuildInput, Route, ScrapeTarget } from "../component.ts";
import { commandIn, demandBuilt, fingerprintCode } from "./code.ts";
import { neededKinds } from "./needs.ts";
import type { ServiceOutputs, ServiceSpec } from "./outputs.ts";
import { urlsOf } from "./urls.ts";

/** Seconds until a new instance must be ready, and until a migration must be done. */
const startTimeout = 60;
const migrateTimeout = 600;

/** Seconds in which the gateway, which looks at each instance twice a second, sees that one is back. */
const noticeTime = 1;

/** Path every HTTP service answers on its own port, for the gateway alone. */
const healthPath = "/healthz";

export function local(target: LocalTarget, input: BuildInput<"services">): Built<"services"> {
  const built = Object.entries(input.spec).map(([name, spec]) => ({
    name,
    ...buildService(target, input, name, spec),
  }));
  return {
    outputs: Object.fromEntries(built.map(({ name, outputs }) => [name, outputs])),
    ready: built.flatMap(({ ready }) => ready),
    scrape: built.flatMap(({ scrape }) => scrape),
    routes: built.flatMap(({ routes }) => routes),
  };
}

interface BuiltService {
  outputs: ServiceOutputs;
  ready: Resource[];
  scrape: ScrapeTarget[];
  routes: Route[];
}

/** Migration -> first half of the instances -> second half: a change of the code never stops all of them at once. */
function buildService(
  target: LocalTarget,
  input: BuildInput<"services">,
  name: string,
  spec: ServiceSpec,
): BuiltService {
  const folder = join(target.root, spec.path);
  demandBuilt(name, spec, folder);
  const urls = urlsOf(spec, input.front);
  const service: Service = { name, spec, folder, code: fingerprintCode(folder), url: urls.url };
  const half = Math.ceil(spec.instances / 2);
  const instances = Array.from({ length: spec.instances }, (_, index) => ({
    ...portsOf(target, service, index + 1),
    isAwaited: index < half && half < spec.instances,
  }));

  const needed = neededKinds(spec.needs).flatMap((kind) => input.built[kind]?.ready ?? []);
  const migrated = startMigration(target, service, input.envOf(name, "migrate"), needed);
  const env = input.envOf(name, "run");
  const start = (some: Instance[], after: Resource[]) =>
    some.map((one) => startInstance(target, service, one, env, [...needed, ...migrated, ...after]));
  const first = start(instances.slice(0, half), []);
  const second = start(instances.slice(half), first);

  return {
    outputs: { ...urls, instances: instances.map(addresses) },
    ready: [...migrated, ...first, ...second],
    scrape: instances.map(scrapeTarget),
    routes: spec.route ? [routeTo(name, spec.route, instances)] : [],
  };
}

/** What all instances of a service share. */
interface Service {
  name: string;
  spec: ServiceSpec;
  folder: string;
  /** Fingerprint of the code it runs. */
  code: string;
  url: Input<string> | undefined;
}

interface Instance {
  name: string;
  /** Absent for a worker. */
  port: number | undefined;
  internalPort: number;
  /** The second half waits for it. */
  isAwaited: boolean;
}

function portsOf(target: LocalTarget, { name, spec }: Service, n: number) {
  return {
    name: `${name}-${n}`,
    port: spec.route && target.port(`services/${name}/${n}/http`),
    internalPort: target.port(`services/${name}/${n}/internal`),
  };
}

function startMigration(
  target: LocalTarget,
  { name, spec, folder, code }: Service,
  env: Record<string, Input<string>>,
  dependsOn: Resource[],
): Task[] {
  if (!spec.migrate) return [];
  const args = {
    component: "services",
    command: commandIn(folder, spec.migrate, target.node),
    env: { NODE_ENV: "production", ...ownEnv(target, spec), SERVICE_NAME: name, ...env },
    timeoutSeconds: migrateTimeout,
    rerunOn: { code },
  };
  return [new Task(`${name}-migrate`, args, { dependsOn })];
}

function startInstance(
  target: LocalTarget,
  { name: service, spec, folder, code, url }: Service,
  { name, port, internalPort, isAwaited }: Instance,
  env: Record<string, Input<string>>,
  dependsOn: Resource[],
): Process {
  return new Process(
    name,
    {
      component: "services",
      command: commandIn(folder, spec.command, target.node),
      cwd: folder,
      env: {
        NODE_ENV: "production",
        LOG_LEVEL: "info",
        ...ownEnv(target, spec),
        SERVICE_NAME: service,
        SERVICE_INSTANCE: name,
        HOST: "127.0.0.1",
        ...(port !== undefined && { PORT: String(port) }),
        INTERNAL_PORT: String(internalPort),
        STOP_TIMEOUT_SECONDS: String(spec.stopTimeout),
        ...(url && { PUBLIC_URL: url }),
        ...env,
      },
      stop: { signal: "TERM", timeoutSeconds: spec.stopTimeout },
      ready: { kind: "http", url: `http://127.0.0.1:${internalPort}/readyz` },
      startTimeoutSeconds: startTimeout,
      ...(port !== undefined && isAwaited && { minReadySeconds: noticeTime }),
      restartOn: { code },
    },
    { dependsOn },
  );
}

/** What the blueprint gives, all of it secret: any of it may be a credential, read from the environment or written out. */
function ownEnv(target: LocalTarget, { env, keys }: ServiceSpec): Record<string, Input<string>> {
  return Object.fromEntries([
    ...Object.entries(env).map(([name, value]) => [name, secret(value)] as const),
    ...Object.entries(keys).map(([name, key]) => [name, target.key(`services/${key}`)] as const),
  ]);
}

function addresses({ name, port, internalPort }: Instance) {
  const host = "127.0.0.1";
  return { name, ...(port !== undefined && { http: { host, port } }), internal: { host, port: internalPort } };
}

function routeTo(
  name: string,
  { path, stripPrefix, sticky }: NonNullable<ServiceSpec["route"]>,
  to: Instance[],
): Route {
  return { name, path, stripPrefix, sticky, backends: to.flatMap(backend), healthPath };
}

function backend({ port }: Instance) {
  return port === undefined ? [] : [{ host: "127.0.0.1", port }];
}

function scrapeTarget({ name, internalPort }: Instance): ScrapeTarget {
  return {
    job: "services",
    address: `127.0.0.1:${internalPort}`,
    labels: { component: "services", instance: name },
  };
}
