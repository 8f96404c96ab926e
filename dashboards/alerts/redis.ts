import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";

const queue = 'instance="redis-queue"';

export const redis: AlertGroup = {
  noun: "redis",
  alerts: [
    {
      name: "RedisDown",
      severity: "page",
      for: "1m",
      expr: "redis_up == 0",
      summary: "{{ $labels.instance }} does not answer",
      why: "Without the queue no background work starts; without the cache every read costs a query.",
      first: ["`purlin status`", "`purlin logs {{instance}}`"],
      fires: { series: { [`redis_up{${queue}}`]: "0x10" }, at: "5m" },
      quiet: { series: { [`redis_up{${queue}}`]: "1x10" }, at: "5m" },
    },
    {
      name: "RedisMemoryHigh",
      severity: "ticket",
      for: "5m",
      // The cache runs full by design; only an instance that may not evict is in danger.
      expr: `redis_memory_used_bytes / (redis_memory_max_bytes > 0) > ${limits.redisMemory.warn} and on (instance) redis_instance_info{maxmemory_policy="noeviction"}`,
      summary: "{{ $labels.instance }} is nearly full",
      why: "With noeviction a full instance refuses every new job.",
      first: ["find the largest keys", "do finished jobs get removed?", "raise maxMemory in the blueprint"],
      fires: {
        series: {
          [`redis_memory_used_bytes{${queue}}`]: "90x20",
          [`redis_memory_max_bytes{${queue}}`]: "100x20",
          [`redis_instance_info{${queue},maxmemory_policy="noeviction"}`]: "1x20",
        },
        at: "10m",
      },
      quiet: {
        series: {
          'redis_memory_used_bytes{instance="redis-cache"}': "99x20",
          'redis_memory_max_bytes{instance="redis-cache"}': "100x20",
          'redis_instance_info{instance="redis-cache",maxmemory_policy="allkeys-lru"}': "1x20",
        },
        at: "10m",
      },
    },
    {
      name: "RedisQueueCanEvict",
      severity: "page",
      for: "5m",
      expr: 'redis_instance_info{instance="redis-queue",maxmemory_policy!="noeviction"} == 1',
      summary: "the queue may delete jobs: its policy is {{ $labels.maxmemory_policy }}",
      why: "Eviction deletes jobs without a word.",
      first: ["`purlin up` restores the policy", "find out who changed it"],
      fires: { series: { [`redis_instance_info{${queue},maxmemory_policy="allkeys-lru"}`]: "1x20" }, at: "10m" },
      quiet: { series: { [`redis_instance_info{${queue},maxmemory_policy="noeviction"}`]: "1x20" }, at: "10m" },
    },
    {
      name: "RedisPersistenceFailing",
      severity: "ticket",
      for: "5m",
      expr: "redis_rdb_last_bgsave_status == 0 or redis_aof_last_write_status == 0",
      summary: "{{ $labels.instance }} cannot write to disk",
      why: "A restart would lose the queue.",
      first: ["disk space", "rights of its data folder"],
      fires: { series: { [`redis_aof_last_write_status{${queue}}`]: "0x20" }, at: "10m" },
      quiet: {
        series: {
          [`redis_aof_last_write_status{${queue}}`]: "1x20",
          [`redis_rdb_last_bgsave_status{${queue}}`]: "1x20",
        },
        at: "10m",
      },
    },
    {
      name: "RedisRejecting",
      severity: "page",
      for: "0m",
      expr: "increase(redis_rejected_connections_total[5m]) > 0",
      summary: "{{ $labels.instance }} turns clients away",
      why: "Services and workers cannot connect.",
      first: ["which client leaks connections? client list, by name"],
      fires: { series: { [`redis_rejected_connections_total{${queue}}`]: "0+5x20" }, at: "10m" },
      quiet: { series: { [`redis_rejected_connections_total{${queue}}`]: "0x20" }, at: "10m" },
    },
  ],
};
