import path from "node:path";
import { output } from "@pulumi/pulumi";
import { executable } from "../../../toolchain/tool.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { ScrapeTarget } from "../component.ts";
import { collectorFlags, exporterConfig, queries } from "./exporter.ts";
import type { Context, LocalServer } from "./local-server.ts";

/**
 * Two exporters that Prometheus asks about each server in turn: `postgres` tells of the servers, `postgres-tables` of
 * the tables in each database of the primary. Apart, because table statistics need a session in every database, and
 * everything else would be counted once a database with them.
 */
export function localExporters(
  ctx: Context,
  databases: string[],
  primary: LocalServer,
  replicas: LocalServer[],
): ScrapeTarget[] {
  const servers = exporter(ctx, "exporter", collectorFlags.servers);
  const tables = exporter(ctx, "tables-exporter", collectorFlags.tables);
  return [
    ...[primary, ...replicas].map((server) => ({
      job: "postgres",
      ...probe(servers, server, "postgres"),
      labels: { component: "postgres", instance: server.folder, role: server.role },
    })),
    ...databases.map((database) => ({
      job: "postgres-tables",
      ...probe(tables, primary, database),
      labels: { component: "postgres", instance: `${primary.folder}/${database}`, role: "tables" },
    })),
  ];
}

function probe(address: string, { address: { host, port } }: LocalServer, database: string) {
  return { address, path: "/probe", params: { target: [`${host}:${port}/${database}`], auth_module: ["purlin"] } };
}

/** One exporter process without a server of its own; its address. */
function exporter({ target, superuser, monitor, folders }: Context, name: string, flags: string[]): string {
  const address = `127.0.0.1:${target.port(`postgres/${name}`)}`;
  const file = (base: string): string => path.join(target.configDir("postgres"), `${name}-${base}`);
  const content = output(monitor.password).apply((password) =>
    exporterConfig(monitor.user, password, superuser.caFile),
  );
  const config = new File(
    `postgres-${name}-config`,
    { path: file("config.yml"), content, mode: 0o600 },
    { dependsOn: folders },
  );
  const ownQueries = new File(
    `postgres-${name}-queries`,
    { path: file("queries.yml"), content: JSON.stringify(queries) },
    { dependsOn: folders },
  );
  new Process(
    `postgres-${name}`,
    {
      component: "postgres",
      command: [
        executable(target.tool("postgres_exporter"), "postgres_exporter"),
        `--config.file=${config.path}`,
        ...(name === "exporter" ? [`--extend.query-path=${ownQueries.path}`] : []),
        `--web.listen-address=${address}`,
        ...flags,
      ],
      stop: { signal: "TERM", timeoutSeconds: 5 },
      ready: { kind: "http", url: `http://${address}/` },
      startTimeoutSeconds: 30,
      restartOn: { "config.yml": fingerprint(content), "queries.yml": fingerprint(JSON.stringify(queries)) },
    },
    { dependsOn: [config, ownQueries] },
  );
  return address;
}
