import { secret } from "@pulumi/pulumi";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";
import type { Tool, ToolName } from "../../toolchain/tool.ts";

/** A local target of names alone, for tests of what a component registers. Ports are given out from 20001 on. */
export function fakeTarget(overrides: Partial<LocalTarget> = {}): LocalTarget {
  const ports = new Map<string, number>();
  return {
    kind: "local",
    project: "shop",
    stack: "dev",
    root: "/project",
    packageRoot: "/purlin",
    node: "/node",
    dataDir: (component) => `/home/data/${component}`,
    configDir: (component) => `/home/config/${component}`,
    metricsDir: "/home/metrics",
    runDir: "/home/run",
    script: (name) => `/purlin/dist/stacks/${name}.js`,
    port: (key, wanted) => {
      const port = wanted?.port ?? ports.get(key) ?? 20_001 + ports.size;
      ports.set(key, port);
      return port;
    },
    secret: (key) => secret(`secret-of-${key}`),
    key: (name) => secret(`key-of-${name}`),
    certificate: { certFile: "/ca/server.pem", keyFile: "/ca/server.key", caFile: "/ca/ca.pem", fingerprint: "f1" },
    tool,
    optionalTool: tool,
    machine: { memoryBytes: 16 * 2 ** 30, cpus: 4 },
    user: "purlin",
    ...overrides,
  };
}

function tool(name: ToolName): Tool {
  const programs = ["postgres", "initdb", "pg_ctl", "postgres_exporter", "redis-server", "redis_exporter"];
  const bin = Object.fromEntries(programs.map((program) => [program, `/tools/${name}/${program}`]));
  return { name, version: "1", source: "test", bin, root: `/tools/${name}` };
}
