import type { RedisInstanceSpec } from "./outputs.ts";

export interface RedisConfigPlace {
  port: number;
  dataDir: string;
  aclFile: string;
}

/**
 * redis.conf of one instance, for Redis 6.2 and 7 alike (directives of 7 only are left out).
 * The cache keeps a snapshot as a warm start; the queue keeps every acknowledged write.
 */
export function redisConf(instance: "cache" | "queue", spec: RedisInstanceSpec, place: RedisConfigPlace): string {
  const lines = [
    ...["bind 127.0.0.1", `port ${place.port}`, "protected-mode yes", "tcp-keepalive 60", "maxclients 1000"],
    ...["daemonize no", 'logfile ""', "loglevel notice", `dir ${quoted(place.dataDir)}`],
    `aclfile ${quoted(place.aclFile)}`,
    ...[`maxmemory ${spec.maxMemory}`, `maxmemory-policy ${spec.policy}`],
    ...["slowlog-log-slower-than 10000", "slowlog-max-len 256", "latency-monitor-threshold 100"],
    ...["lazyfree-lazy-eviction yes", "lazyfree-lazy-expire yes", "lazyfree-lazy-server-del yes"],
    ...persistence[instance],
  ];
  return `${lines.join("\n")}\n`;
}

const persistence = {
  // A failed snapshot must not stop a cache from serving.
  cache: ["appendonly no", "save 300 100", "stop-writes-on-bgsave-error no"],
  // `always`, not `everysec`: while an fsync is under way, everysec holds writes back for up to two seconds after
  // they were acknowledged, and kill -9 then loses them. One fsync serves every client of an event-loop turn.
  queue: ["appendonly yes", "appendfsync always", "aof-use-rdb-preamble yes", "aof-load-truncated yes", 'save ""'],
} as const;

function quoted(path: string): string {
  return JSON.stringify(path);
}
