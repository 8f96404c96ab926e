import { executable } from "../../../toolchain/tool.ts";
import { Process } from "../../targets/local/resources/process.ts";
import type { LocalTarget } from "../../targets/local/target.ts";
import type { Address, Login, ScrapeTarget } from "../component.ts";

const host = "127.0.0.1";

/** One redis_exporter that Prometheus asks about each instance in turn. */
export function localExporter(
  target: LocalTarget,
  monitor: Login,
  servers: Record<string, Address & { port: number }>,
): { scrape: ScrapeTarget[] } {
  const port = target.port("redis/exporter");
  const address = `${host}:${port}`;
  new Process("redis-exporter", {
    component: "redis",
    command: [
      executable(target.tool("redis_exporter"), "redis_exporter"),
      "-redis.addr=", // none of its own: every scrape names its server
      `-web.listen-address=${address}`,
    ],
    env: { REDIS_USER: monitor.user, REDIS_PASSWORD: monitor.password },
    stop: { signal: "TERM", timeoutSeconds: 5 },
    ready: { kind: "http", url: `http://${address}/health` },
    startTimeoutSeconds: 30,
  });
  return {
    scrape: Object.entries(servers).map(([instance, server]) => ({
      job: "redis",
      address,
      path: "/scrape",
      params: { target: [`redis://${host}:${server.port}`] },
      labels: { component: "redis", instance },
    })),
  };
}
