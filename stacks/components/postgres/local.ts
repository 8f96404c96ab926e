import { Directory } from "../../targets/local/resources/directory.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built } from "../component.ts";
import { localExporters } from "./local-exporters.ts";
import { heartbeat } from "./local-heartbeat.ts";
import { context, primaryServer, replicaServer, type Context, type LocalServer } from "./local-server.ts";
import { plannedDatabases, platformRoles, schemaReader } from "./roles.ts";

/** The primary, its replicas copied from it while it runs, and what watches them. */
export function local(target: LocalTarget, { spec, consumers }: BuildInput<"postgres">): Built<"postgres"> {
  const databases = plannedDatabases(spec, consumers, target.secret);
  const data = new Directory("postgres-data", { path: target.dataDir("postgres"), holds: "data" });
  const config = new Directory("postgres-config", { path: target.configDir("postgres"), holds: "scratch" });
  const ctx = context(target, spec, [data, config]);

  const primary = primaryServer(ctx);
  const replicas = ctx.replicaNumbers.map((number) => replicaServer(ctx, number, primary));
  const granted = grant(ctx, databases, primary, replicas);
  heartbeat(ctx, granted, replicas);

  return {
    outputs: {
      primary: primary.address,
      replicas: replicas.map(({ address }) => address),
      ca: target.certificate.caFile,
      databases,
    },
    ready: [granted, ...replicas.map(({ process }) => process)],
    usable: [granted],
    scrape: localExporters(ctx, Object.keys(databases), primary, replicas),
    routes: [],
  };
}

function grant(
  { target, spec, superuser, monitor, heartbeat }: Context,
  databases: Built<"postgres">["outputs"]["databases"],
  primary: LocalServer,
  replicas: LocalServer[],
): Task {
  return new Task(
    "postgres-grant",
    {
      component: "postgres",
      command: [target.node, target.script("components/postgres/tasks/grant")],
      input: {
        primary: superuser,
        databases: Object.values(databases).map(({ name, owner, consumers }) => ({
          name,
          owner,
          extensions: spec.databases[name]?.extensions ?? [],
          consumers: Object.values(consumers).map(({ schemas, ...login }) => ({
            ...login,
            ...(schemas && {
              schemas: schemas.map((schema) => ({ name: schema, reader: schemaReader(name, schema) })),
            }),
          })),
          connectionLimit: Math.ceil(spec.maxConnections / 2),
          monitor: platformRoles.monitor,
        })),
        monitor,
        heartbeat,
        slots: replicas.map(({ name }) => name),
      },
      timeoutSeconds: 120,
    },
    { dependsOn: [primary.process] },
  );
}
