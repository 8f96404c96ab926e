import { limits } from "./limits.ts";
import type { DashboardSpec } from "./lib/signal.ts";

export const postgres: DashboardSpec = {
  noun: "postgres",
  title: "Postgres",
  question: "Is there exactly one primary, do its replicas keep up, and what do sessions wait for?",
  rows: [
    {
      title: "Health",
      signals: [
        {
          title: "Servers that answer",
          description:
            "Whether the exporter can query each server. Down: `purlin status`, then the server's log and the disk.",
          unit: "none",
          show: "states",
          queries: [{ expr: 'pg_up{$scope,role!="tables"}', legend: "{{instance}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "down", "1": "up" },
        },
        {
          title: "Primaries",
          description:
            "Must be exactly one. None means no writes; two means data that diverges: stop writes at the gateway first.",
          unit: "none",
          show: "stat",
          queries: [{ expr: "sum by (cluster) (pg_replication_is_replica{$scope} == bool 0)", legend: "primaries" }],
          limits: { critical: 2 },
        },
        {
          title: "Replicas that stream",
          description:
            "Counted on the primary, so a cut network shows too; beside it the number the blueprint asks for.",
          unit: "none",
          show: "stat",
          queries: [
            {
              expr: 'count by (cluster) (pg_stat_replication_pg_wal_lsn_diff{$scope,state="streaming"}) or 0 * max by (cluster) (pg_up{$scope,role!="tables"})',
              legend: "streaming",
            },
            { expr: "max(purlin_expected_replicas)", legend: "expected" },
          ],
        },
        {
          title: "Uptime",
          description: "Time since each server started.",
          unit: "s",
          show: "stat",
          queries: [{ expr: "time() - pg_postmaster_start_time_seconds{$scope}", legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Load",
      signals: [
        {
          title: "Transactions",
          description: "Commits and rollbacks per second by server.",
          unit: "ops",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (rate(pg_stat_database_xact_commit{$scope}[$interval]))",
              legend: "{{instance}} commits",
            },
            {
              expr: "sum by (instance) (rate(pg_stat_database_xact_rollback{$scope}[$interval]))",
              legend: "{{instance}} rollbacks",
            },
          ],
        },
        {
          title: "Busy, in cores",
          description:
            "Time sessions spent executing, per second: the best single number for how busy the server is. Compare with the machine's cores.",
          unit: "short",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (rate(pg_stat_database_active_time_seconds_total{$scope}[$interval]))",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Connections against the limit",
          description:
            "Share of the connections that clients may open. At the red line the next client is refused: find who holds them in the panel beside.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (pg_stat_activity_count{$scope}) / on (instance) (pg_settings_max_connections{$scope} - pg_settings_superuser_reserved_connections{$scope})",
              legend: "{{instance}}",
            },
          ],
          limits: limits.connections,
        },
        {
          title: "What sessions do and wait for",
          description:
            "Sessions by state and wait event. Many on Lock: find the blocking session; many on IO: the disk or the cache is too small.",
          unit: "short",
          show: "stacked",
          queries: [
            {
              expr: "sum by (instance, state, wait_event_type) (pg_stat_activity_count{$scope}) > 0",
              legend: "{{instance}} {{state}} {{wait_event_type}}",
            },
          ],
        },
        {
          title: "Longest transaction",
          description:
            "Seconds. A long one blocks vacuum and schema changes; idle in transaction is a client that forgot to commit.",
          unit: "s",
          show: "lines",
          queries: [
            {
              expr: "max by (instance, datname, state) (pg_stat_activity_max_tx_duration{$scope}) > 0",
              legend: "{{instance}} {{datname}} {{state}}",
            },
          ],
          limits: limits.transaction,
          absentWhenHealthy: "no transaction may be open at the moment of the scrape",
        },
        {
          title: "Locks held",
          description: "Locks by mode. AccessExclusive on a busy table stops its readers.",
          unit: "short",
          show: "stacked",
          queries: [{ expr: "sum by (mode) (pg_locks_count{$scope})", legend: "{{mode}}" }],
        },
      ],
    },
    {
      title: "Replication",
      signals: [
        {
          title: "Lag in bytes, seen from the primary",
          description:
            "WAL each replica still has to replay. Growing: the replica's disk, a long query there, or the network.",
          unit: "bytes",
          show: "lines",
          queries: [
            {
              expr: "max by (application_name) (pg_stat_replication_pg_wal_lsn_diff{$scope})",
              legend: "{{application_name}}",
            },
          ],
          limits: limits.replicaLagBytes,
        },
        {
          title: "Lag in seconds, measured",
          description:
            "Age of a heartbeat row the primary writes, read on each replica: what a reader there really misses.",
          unit: "s",
          show: "lines",
          queries: [{ expr: "max by (instance) (purlin_pg_heartbeat_age_seconds{$scope})", legend: "{{instance}}" }],
          limits: limits.replicaLag,
        },
        {
          title: "WAL kept for each slot",
          description:
            "An abandoned slot fills the primary's disk. Inactive and growing: start its replica or drop the slot.",
          unit: "bytes",
          show: "lines",
          queries: [
            { expr: "max by (slot_name) (pg_replication_slots_pg_wal_lsn_diff{$scope})", legend: "{{slot_name}}" },
          ],
        },
        {
          title: "Slots in use",
          description: "1 while a replica is connected to its slot.",
          unit: "none",
          show: "states",
          queries: [{ expr: "max by (slot_name) (pg_replication_slots_active{$scope})", legend: "{{slot_name}}" }],
          limits: { critical: 1, when: "below" },
          words: { "0": "idle", "1": "in use" },
        },
        {
          title: "WAL written",
          description:
            "Bytes per second the primary writes to its log: the write load, and what replicas must keep up with.",
          unit: "Bps",
          show: "lines",
          queries: [
            {
              expr: "max by (cluster) (rate(pg_stat_replication_pg_current_wal_lsn_bytes{$scope}[$interval]))",
              legend: "written",
            },
          ],
        },
        {
          title: "WAL on disk",
          description:
            "Size of the log folder of each server. Near max_wal_size is normal, far above it is a slot that holds it back.",
          unit: "bytes",
          show: "lines",
          queries: [{ expr: "max by (instance) (pg_wal_size_bytes{$scope})", legend: "{{instance}}" }],
        },
      ],
    },
    {
      title: "Storage and maintenance",
      folded: true,
      signals: [
        {
          title: "Reads served from the cache",
          description: "Share of block reads that needed no disk.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (rate(pg_stat_database_blks_hit{$scope}[$interval])) / (sum by (instance) (rate(pg_stat_database_blks_hit{$scope}[$interval]) + rate(pg_stat_database_blks_read{$scope}[$interval])) > 0)",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Database size",
          description: "Bytes by database, on the primary.",
          unit: "bytes",
          show: "lines",
          queries: [{ expr: "max by (datname) (pg_database_size_bytes{$scope})", legend: "{{datname}}" }],
        },
        {
          title: "Checkpoints",
          description: "Timed and requested ones per second. Many requested: raise max_wal_size.",
          unit: "ops",
          show: "lines",
          queries: [
            {
              expr: "sum by (instance) (rate(pg_stat_checkpointer_num_timed_total{$scope}[$interval]))",
              legend: "{{instance}} timed",
            },
            {
              expr: "sum by (instance) (rate(pg_stat_checkpointer_num_requested_total{$scope}[$interval]))",
              legend: "{{instance}} requested",
            },
          ],
        },
        {
          title: "Transaction ids used",
          description:
            "Share of the 2 billion after which the database stops accepting writes. Vacuum resets it; old transactions and slots hold it.",
          unit: "percentunit",
          show: "lines",
          queries: [
            {
              expr: "max by (datname) (pg_database_wraparound_age_datfrozenxid_seconds{$scope}) / 2e9",
              legend: "{{datname}}",
            },
          ],
          limits: limits.transactionIds,
        },
        {
          title: "Time by query",
          description:
            "The ten statements that take most time on each server, by query id: look the id up in pg_stat_statements.",
          unit: "s",
          show: "table",
          queries: [
            {
              expr: "topk(10, sum by (instance, datname, queryid) (rate(pg_stat_statements_seconds_total{$scope}[$interval])))",
              legend: "{{queryid}}",
            },
          ],
        },
      ],
    },
  ],
};
