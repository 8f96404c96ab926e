import path from "node:path";
import { jsonStringify } from "@pulumi/pulumi";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { Task } from "../../targets/local/resources/task.ts";
import type { Context, LocalServer } from "./local-server.ts";

/** The process that lag is measured by: it writes the time on the primary, the exporter reads its age on replicas. */
export function heartbeat(ctx: Context, granted: Task, replicas: LocalServer[]): void {
  const { target, superuser } = ctx;
  const file = path.join(target.configDir("postgres"), "heartbeat.json");
  const content = jsonStringify({
    primary: { ...superuser, ...ctx.heartbeat },
    markers: Object.fromEntries(replicas.map(({ name, marker }) => [name, marker])),
  });
  const config = new File(
    "postgres-heartbeat-config",
    { path: file, content, mode: 0o600 },
    { dependsOn: ctx.folders },
  );
  new Process(
    "postgres-heartbeat",
    {
      component: "postgres",
      command: [
        target.node,
        ...["--max-old-space-size=32", "--max-semi-space-size=1"], // it holds one connection
        target.script("components/postgres/tasks/heartbeat"),
        file,
      ],
      stop: { signal: "TERM", timeoutSeconds: 5 },
      ready: { kind: "tcp", host: "127.0.0.1", port: superuser.port },
      startTimeoutSeconds: 30,
      restartOn: { "heartbeat.json": fingerprint(content) },
    },
    { dependsOn: [config, granted, ...replicas.map(({ process }) => process)] },
  );
}
