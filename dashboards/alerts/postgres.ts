import { limits } from "../limits.ts";
import type { AlertGroup } from "../lib/alert.ts";

const primary = 'cluster="c",instance="postgres-primary"';
/** The exporter that tells of tables is up or down beside the one that tells of the server: it is no second server. */
const tablesOfPrimary = 'pg_up{cluster="c",instance="postgres-primary/app",role="tables"}';
const streaming = (name: string) =>
  `pg_stat_replication_pg_wal_lsn_diff{cluster="c",application_name="${name}",state="streaming"}`;

export const postgres: AlertGroup = {
  noun: "postgres",
  alerts: [
    {
      name: "PostgresDown",
      severity: "ticket",
      for: "1m",
      expr: 'pg_up{role!="tables"} == 0',
      summary: "{{ $labels.instance }} does not answer",
      why: "Reads and writes through this server fail; replicas take over reads only.",
      first: ["`purlin status`", "`purlin logs {{instance}}`", "look at the disk"],
      fires: { series: { [`pg_up{${primary}}`]: "0x10" }, at: "5m" },
      quiet: { series: { [`pg_up{${primary}}`]: "1x10", [tablesOfPrimary]: "0x10" }, at: "5m" },
    },
    {
      name: "PostgresPrimaryDown",
      severity: "page",
      for: "1m",
      // A dead server cannot report its role, so the last known one counts.
      expr: 'pg_up{role!="tables"} == 0 and on (instance) last_over_time(pg_replication_is_replica[15m]) == 0',
      summary: "the primary {{ $labels.instance }} does not answer",
      why: "Nothing can be written.",
      first: ["`purlin status`", "`purlin logs {{instance}}`", "`purlin up`: it starts what does not run"],
      fires: {
        series: { [`pg_up{${primary}}`]: "1x5 0x10", [`pg_replication_is_replica{${primary}}`]: "0x5 _x10" },
        at: "10m",
      },
      quiet: {
        series: { [`pg_up{${primary}}`]: "1x20", [`pg_replication_is_replica{${primary}}`]: "0x20" },
        at: "10m",
      },
    },
    {
      name: "PostgresPrimaryCountWrong",
      severity: "page",
      for: "1m",
      expr: "sum by (env, cluster) (pg_replication_is_replica == bool 0) != 1",
      summary: "{{ $labels.cluster }} has {{ $value }} primaries",
      why: "None means no writes; two mean data that diverges.",
      first: ["with two: stop writes at the gateway before anything else", "`purlin status`"],
      fires: {
        series: {
          [`pg_replication_is_replica{${primary}}`]: "0x10",
          'pg_replication_is_replica{cluster="c",instance="b"}': "0x10",
        },
        at: "5m",
      },
      quiet: {
        series: {
          [`pg_replication_is_replica{${primary}}`]: "0x10",
          'pg_replication_is_replica{cluster="c",instance="b"}': "1x10",
        },
        at: "5m",
      },
    },
    {
      name: "PostgresReplicaMissing",
      severity: "ticket",
      for: "2m",
      expr: '(count by (env, cluster) (pg_stat_replication_pg_wal_lsn_diff{state="streaming"}) or 0 * max by (env, cluster) (pg_up{role!="tables"})) < on (env, cluster) purlin_expected_replicas',
      summary: "{{ $labels.cluster }} has {{ $value }} streaming replicas, fewer than it should",
      why: "Counted on the primary, so a cut network shows too. Reads lose capacity and the data a copy.",
      first: ["`purlin status`", "`purlin logs postgres`", "`purlin up` rebuilds a replica that cannot follow"],
      fires: {
        series: {
          [streaming("postgres-replica-1")]: "0x20",
          'purlin_expected_replicas{cluster="c"}': "2x20",
          [`pg_up{${primary}}`]: "1x20",
        },
        at: "10m",
      },
      quiet: {
        series: {
          [streaming("postgres-replica-1")]: "0x20",
          [streaming("postgres-replica-2")]: "0x20",
          'purlin_expected_replicas{cluster="c"}': "2x20",
          [`pg_up{${primary}}`]: "1x20",
        },
        at: "10m",
      },
    },
    {
      name: "PostgresReplicaLag",
      severity: "ticket",
      for: "5m",
      expr: `max by (env, cluster, instance) (purlin_pg_heartbeat_age_seconds) > ${limits.replicaLag.critical} or max by (env, cluster, application_name) (pg_stat_replication_pg_wal_lsn_diff) > ${limits.replicaLagBytes.critical}`,
      summary: "replica {{ $labels.instance }}{{ $labels.application_name }} is behind",
      why: "Readers there see old data, and a failover to it would lose the difference.",
      first: ["a long query on the replica?", "its disk?", "`purlin logs postgres`"],
      fires: { series: { 'purlin_pg_heartbeat_age_seconds{cluster="c",instance="r"}': "0+60x20" }, at: "15m" },
      quiet: {
        series: { 'purlin_pg_heartbeat_age_seconds{cluster="c",instance="r"}': "1x20", [streaming("r")]: "1000x20" },
        at: "15m",
      },
    },
    {
      name: "PostgresSlotInactive",
      severity: "ticket",
      for: "15m",
      expr: "max by (env, cluster, slot_name) (pg_replication_slots_active) == 0",
      summary: "nobody reads replication slot {{ $labels.slot_name }}",
      why: "The primary keeps log for it until the disk is full or the slot is cut off.",
      first: ["start its replica: `purlin up`", "or drop the slot in `purlin psql`"],
      fires: { series: { 'pg_replication_slots_active{cluster="c",slot_name="a"}': "0x30" }, at: "20m" },
      quiet: { series: { 'pg_replication_slots_active{cluster="c",slot_name="a"}': "1x30" }, at: "20m" },
    },
    {
      name: "PostgresSlotAboutToBeLost",
      severity: "page",
      for: "5m",
      expr: "min by (env, cluster, slot_name) (pg_replication_slots_safe_wal_size_bytes) < 1e8",
      summary: "replication slot {{ $labels.slot_name }} is about to be cut off",
      why: "Past its limit the replica must be rebuilt from a fresh copy.",
      first: ["start its replica: `purlin up`"],
      fires: {
        series: { 'pg_replication_slots_safe_wal_size_bytes{cluster="c",slot_name="a"}': "1000x20" },
        at: "10m",
      },
      quiet: {
        series: { 'pg_replication_slots_safe_wal_size_bytes{cluster="c",slot_name="a"}': "5000000000x20" },
        at: "10m",
      },
    },
    {
      name: "PostgresConnectionsHigh",
      severity: "ticket",
      for: "5m",
      expr: `sum by (env, cluster, instance) (pg_stat_activity_count) / on (env, cluster, instance) (pg_settings_max_connections - pg_settings_superuser_reserved_connections) > ${limits.connections.warn}`,
      summary: "{{ $labels.instance }} has few connections left",
      why: "At the limit the next client is refused.",
      first: ["see who holds them on the Postgres dashboard", "a pool that leaks? a service with too many instances?"],
      fires: {
        series: {
          [`pg_stat_activity_count{${primary},state="active"}`]: "90x20",
          [`pg_settings_max_connections{${primary}}`]: "100x20",
          [`pg_settings_superuser_reserved_connections{${primary}}`]: "3x20",
        },
        at: "10m",
      },
      quiet: {
        series: {
          [`pg_stat_activity_count{${primary},state="active"}`]: "20x20",
          [`pg_settings_max_connections{${primary}}`]: "100x20",
          [`pg_settings_superuser_reserved_connections{${primary}}`]: "3x20",
        },
        at: "10m",
      },
    },
    {
      name: "PostgresLongTransaction",
      severity: "ticket",
      for: "1m",
      // The gauge itself, never its rate(): a rate of a duration stays silent on the worst cases.
      expr: `max by (env, cluster, instance, datname, state) (pg_stat_activity_max_tx_duration{state=~"active|idle in transaction.*"}) > ${limits.transaction.critical}`,
      summary: "a transaction on {{ $labels.datname }} is open for {{ $value }} s",
      why: "It blocks vacuum and schema changes.",
      first: ["find its session in `purlin psql`: select * from pg_stat_activity", "end it with pg_terminate_backend"],
      fires: {
        series: {
          [`pg_stat_activity_max_tx_duration{${primary},datname="app",state="idle in transaction"}`]: "0+60x40",
        },
        at: "30m",
      },
      quiet: {
        series: { [`pg_stat_activity_max_tx_duration{${primary},datname="app",state="active"}`]: "5x40" },
        at: "30m",
      },
    },
    {
      name: "PostgresDeadlocks",
      severity: "ticket",
      for: "0m",
      expr: "sum by (env, cluster, datname) (increase(pg_stat_database_deadlocks[10m])) > 3",
      summary: "transactions on {{ $labels.datname }} deadlock",
      why: "Each costs a user a retry or an error.",
      first: ["read the statements in the server's log", "take locks in one order"],
      fires: { series: { [`pg_stat_database_deadlocks{${primary},datname="app"}`]: "0+1x30" }, at: "20m" },
      quiet: { series: { [`pg_stat_database_deadlocks{${primary},datname="app"}`]: "5x30" }, at: "20m" },
    },
    {
      name: "PostgresTransactionIds",
      severity: "ticket",
      for: "30m",
      expr: `max by (env, cluster, datname) (pg_database_wraparound_age_datfrozenxid_seconds) / 2e9 > ${limits.transactionIds.warn}`,
      summary: "{{ $labels.datname }} uses up its transaction ids",
      why: "At 2 billion the database stops accepting writes.",
      first: ["end the oldest transaction", "drop abandoned slots", "vacuum freeze"],
      fires: {
        series: { [`pg_database_wraparound_age_datfrozenxid_seconds{${primary},datname="app"}`]: "1500000000x60" },
        at: "50m",
      },
      quiet: {
        series: { [`pg_database_wraparound_age_datfrozenxid_seconds{${primary},datname="app"}`]: "1000000x60" },
        at: "50m",
      },
    },
  ],
};
