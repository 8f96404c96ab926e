/*
 * postgres_exporter 0.19: collectors that are off by default and wanted, and our own queries. User queries are marked
 * deprecated there, yet nothing else reads a table; they run on every probe.
 */
const tableCollectors = ["stat_user_tables", "statio_user_tables", "statio_user_indexes"];
const serverCollectors = [
  ...["database", "locks", "replication", "replication_slot", "roles", "stat_bgwriter", "stat_database"],
  ...["stat_progress_vacuum", "wal"],
];
const optInCollectors = [
  ...["database_wraparound", "long_running_transactions", "postmaster", "process_idle", "stat_activity_autovacuum"],
  ...["stat_checkpointer", "stat_statements", "stat_wal_receiver"],
];

/** Flags of the exporter that tells of servers, and of the one that tells of tables. */
export const collectorFlags = {
  servers: [
    ...optInCollectors.map((name) => `--collector.${name}`),
    ...tableCollectors.map((name) => `--no-collector.${name}`),
  ],
  tables: [
    ...tableCollectors.map((name) => `--collector.${name}`),
    ...serverCollectors.map((name) => `--no-collector.${name}`),
    ...["--disable-default-metrics", "--disable-settings-metrics"],
  ],
};

/** Lag in seconds, measured: `purlin_pg_heartbeat_age_seconds`. On the primary it says whether the heart beats. */
export const queries = {
  purlin_pg_heartbeat: {
    query: "select extract(epoch from clock_timestamp() - at) as age_seconds from purlin.heartbeat",
    metrics: [{ age_seconds: { usage: "GAUGE", description: "Age of the newest heartbeat of the primary seen here" } }],
  },
};

/** postgres_exporter.yml (JSON is YAML): how it logs in to any server it is asked about. */
export function exporterConfig(user: string, password: string, caFile: string): string {
  return JSON.stringify({
    auth_modules: {
      purlin: {
        type: "userpass",
        userpass: { username: user, password },
        options: { sslmode: "verify-full", sslrootcert: caFile },
      },
    },
  });
}
