import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

export const redis: DashboardSpec = {
  noun: "redis",
  title: "Redis",
  question: "Do cache and queue answer, have room, and keep what must not be lost?",
  rows: [
    {
      title: "Health",
      signals: [
        {
          title: "Instances that answer",
          description: "Whether the exporter can query each instance.",
          unit: "none",
          show: "states",
          queries: [{ expr: "redis_up{$scope}", legend: "{{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "What happens when memory is full",
          description: "The queue must say noeviction: any other policy deletes jobs without a word.",
          unit: "none",
          show: "table",
          queries: [
            {
              expr: "max by (instance, redis_version, maxmemory_policy) (redis_instance_info{$scope})",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Uptime",
          description: "Time since each instance started.",
          unit: "s",
          show: "stat",
          queries: [{ expr: "redis_uptime_in_seconds{$scope}", legend: "{{instance}}" }],
        },
        {
          title: "Appends and snapshots that worked",
          description:
            "1 while the last write to the append-only file and the last snapshot succeeded. 0: look at disk space and folder rights before a restart loses data.",
          unit: "none",
          show: "states",
          queries: [
            { expr: "redis_aof_last_write_status{$scope}", legend: "{{instance}} append" },
            { expr: "redis_rdb_last_bgsave_status{$scope}", legend: "{{instance}} snapshot" },
          ],
          limits: { critical: 1, when: "below" },
          words: { "0": "failed", "1": "ok" },
        },
      ],
    },
    {
      title: "Use",
      signals: [
        {
          title: "Memory against the limit",
          description:
            "Share of maxmemory in use. A full cache evicts, which is its job; a full queue refuses new jobs.",
          unit: "percentunit",
          show: "lines",
          queries: [
            { expr: "redis_memory_used_bytes{$scope} / (redis_memory_max_bytes{$scope} > 0)", legend: "{{instance}}" },
          ],
          limits: limits.redisMemory,
        },
        {
          title: "Commands",
          description: "The busiest commands per second.",
          unit: "ops",
          show: "stacked",
          queries: [
            {
              expr: "topk(8, sum by (instance, cmd) (rate(redis_commands_total{$scope}[$interval])))",
              legend: "{{instance}} {{cmd}}",
            },
          ],
        },
        {
          title: "Mean time by command",
          description: "Seconds inside the server. A slow command holds up every other client: Redis has one thread.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "topk(8, sum by (instance, cmd) (rate(redis_commands_duration_seconds_total{$scope}[$interval])) / (sum by (instance, cmd) (rate(redis_commands_total{$scope}[$interval])) > 0))",
              legend: "{{instance}} {{cmd}}",
            },
          ],
        },
        {
          title: "Cache hits",
          description: "Share of look-ups that found their key. Low after a start, then it should rise.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "rate(redis_keyspace_hits_total{$scope}[$interval]) / ((rate(redis_keyspace_hits_total{$scope}[$interval]) + rate(redis_keyspace_misses_total{$scope}[$interval])) > 0)",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Clients",
          description: "Connected and blocked clients. Queue workers block by design.",
          unit: "short",
          show: "lines",
          queries: [
            { expr: "redis_connected_clients{$scope}", legend: "{{instance}} connected" },
            { expr: "redis_blocked_clients{$scope}", legend: "{{instance}} blocked" },
          ],
        },
        {
          title: "Keys dropped",
          description:
            "Keys per second evicted for want of memory and expired by their own time. Any eviction on the queue is lost work.",
          unit: "ops",
          show: "lines",
          queries: [
            { expr: "rate(redis_evicted_keys_total{$scope}[$interval])", legend: "{{instance}} evicted" },
            { expr: "rate(redis_expired_keys_total{$scope}[$interval])", legend: "{{instance}} expired" },
          ],
        },
        {
          title: "Connections refused",
          description: "Clients turned away because maxclients was reached.",
          unit: "ops",
          show: "lines",
          queries: [{ expr: "rate(redis_rejected_connections_total{$scope}[$interval])", legend: "{{instance}}" }],
        },
      ],
    },
  ],
};
