import path from "node:path";
import { executable } from "../../../toolchain/tool.ts";
import { Directory } from "../../targets/local/resources/directory.ts";
import { File } from "../../targets/local/resources/file.ts";
import { fingerprint } from "../../targets/local/resources/fingerprint.ts";
import { Process } from "../../targets/local/resources/process.ts";
import { Task } from "../../targets/local/resources/task.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { BuildInput, Built, Login, NeedOf } from "../component.ts";
import { aclFile, sha256 } from "./acl.ts";
import { redisConf } from "./config.ts";
import { localExporter } from "./local-exporter.ts";
import type { RedisInstance } from "./outputs.ts";

const host = "127.0.0.1";

type InstanceName = "cache" | "queue";

/** Two servers and one exporter for both. A changed ACL file is loaded without a restart. */
export function local(target: LocalTarget, input: BuildInput<"redis">): Built<"redis"> {
  const data = new Directory("redis-data", { path: target.dataDir("redis"), holds: "data" });
  const config = new Directory("redis-config", { path: target.configDir("redis"), holds: "scratch" });
  const monitor: Login = { user: "purlin_monitor", password: target.secret("redis/monitor") };
  const context: Context = { target, input, monitor, dependsOn: [data, config] };

  const cache = server("cache", context);
  const queue = server("queue", context);
  const exporter = localExporter(target, monitor, { cache: cache.output, queue: queue.output });

  return {
    outputs: { cache: cache.output, queue: queue.output },
    ready: [cache.ready, queue.ready],
    scrape: exporter.scrape,
    routes: [],
  };
}

interface Context {
  target: LocalTarget;
  input: BuildInput<"redis">;
  monitor: Login;
  dependsOn: Directory[];
}

function server(name: InstanceName, { target, input, monitor, dependsOn }: Context) {
  const port = target.port(`redis/${name}`);
  const dataDir = path.join(target.dataDir("redis"), name);
  const conf = path.join(target.configDir("redis"), `${name}.conf`);
  const aclPath = path.join(target.configDir("redis"), `${name}.acl`);
  const admin: Login = { user: "purlin_admin", password: target.secret(`redis/${name}/admin`) };
  const consumers = logins(name, target, input.consumers);
  const settings = redisConf(name, input.spec[name], { port, dataDir, aclFile: aclPath });
  const acl = aclFile({ admin, monitor, consumers: Object.values(consumers) });

  const files = [
    new Directory(`redis-${name}-data`, { path: dataDir, holds: "data" }, { dependsOn }),
    new File(`redis-${name}-conf`, { path: conf, content: settings }, { dependsOn }),
    new File(`redis-${name}-acl`, { path: aclPath, content: acl, mode: 0o600 }, { dependsOn }),
  ];
  const daemon = new Process(
    `redis-${name}`,
    {
      component: "redis",
      command: [executable(target.tool("redis"), "redis-server"), conf],
      cwd: dataDir,
      stop: { signal: "TERM", timeoutSeconds: 30 },
      ready: { kind: "redis", host, port, ...admin },
      startTimeoutSeconds: 120,
      // The administrator loads the ACL file below, so a new password of its own needs a restart.
      restartOn: { "redis.conf": fingerprint(settings), "admin's password": fingerprint(sha256(admin.password)) },
    },
    { dependsOn: files },
  );
  const ready = new Task(
    `redis-${name}-acl-load`,
    {
      component: "redis",
      command: [target.node, target.script("components/redis/tasks/load-acl")],
      input: { host, port, ...admin },
      timeoutSeconds: 30,
      rerunOn: { acl: fingerprint(acl) },
    },
    { dependsOn: [daemon] },
  );
  return { output: { host, port, consumers } satisfies RedisInstance, ready };
}

function logins(name: InstanceName, target: LocalTarget, needs: NeedOf<"redis">[]): RedisInstance["consumers"] {
  const names = needs.filter(({ instance }) => instance === name).map(({ consumer }) => consumer);
  return Object.fromEntries(
    [...new Set(names)].map((consumer) => [
      consumer,
      { user: consumer, password: target.secret(`redis/${name}/${consumer}`), keyPrefix: `${consumer}:` },
    ]),
  );
}
