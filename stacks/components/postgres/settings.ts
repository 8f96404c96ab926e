import type { Tuning } from "./tuning.ts";

/** Values of postgresql.conf by name; strings are quoted when rendered. */
export type Settings = Record<string, string | number | boolean>;

export interface ServerPlace {
  /** `primary`, `replica_1`: shown in ps, and the name a replica streams under. */
  name: string;
  port: number;
  hbaFile: string;
}

/** Settings that only a restart applies. */
export function restartSettings(
  { name, port, hbaFile }: ServerPlace,
  maxConnections: number,
  { sharedBuffers }: Tuning,
): Settings {
  return {
    cluster_name: name,
    listen_addresses: "127.0.0.1",
    port,
    // One way in, over TLS: no socket file to protect, or to be left behind.
    unix_socket_directories: "",
    hba_file: hbaFile,
    max_connections: maxConnections,
    shared_buffers: megabytes(sharedBuffers),
    shared_preload_libraries: "pg_stat_statements",
    wal_level: "logical",
    max_wal_senders: 16,
    max_replication_slots: 16,
    track_activity_query_size: 4096,
  };
}

/** Settings that take effect when the server is told to reload. */
export function reloadableSettings(
  tuning: Tuning,
  { certFile, keyFile }: { certFile: string; keyFile: string },
): Settings {
  return {
    ssl: true,
    ssl_cert_file: certFile,
    ssl_key_file: keyFile,
    ssl_min_protocol_version: "TLSv1.2",
    password_encryption: "scram-sha-256",
    effective_cache_size: megabytes(tuning.effectiveCacheSize),
    work_mem: megabytes(tuning.workMem),
    maintenance_work_mem: megabytes(tuning.maintenanceWorkMem),
    max_parallel_workers_per_gather: tuning.parallelWorkers,
    random_page_cost: 1.1,
    min_wal_size: megabytes(tuning.minWalSize),
    max_wal_size: megabytes(tuning.maxWalSize),
    max_slot_wal_keep_size: megabytes(tuning.maxSlotWalKeepSize),
    checkpoint_timeout: "15min",
    wal_compression: "pglz",
    hot_standby_feedback: true,
    wal_retrieve_retry_interval: "1s",
    wal_receiver_timeout: "20s",
    idle_in_transaction_session_timeout: "60s",
    track_io_timing: true,
    track_wal_io_timing: true,
    "pg_stat_statements.track_utility": false, // utility statements hold passwords
    log_destination: "stderr",
    log_line_prefix: "%m [%p] %q%u@%d/%a ",
    log_timezone: "UTC",
    timezone: "UTC",
    log_checkpoints: true,
    log_lock_waits: true,
    log_temp_files: "16MB",
    log_autovacuum_min_duration: "10s",
    log_min_duration_statement: "1s",
    log_parameter_max_length: 0, // parameters are people's data
  };
}

/** Where a replica streams from. The password is in `passFile`, so that this file holds no secret. */
export function streamingSettings(primary: {
  port: number;
  caFile: string;
  passFile: string;
  user: string;
  slot: string;
}): Settings {
  const { port, caFile, passFile, user, slot } = primary;
  const conninfo = { host: "127.0.0.1", port, user, passfile: passFile, sslmode: "verify-full", sslrootcert: caFile };
  return {
    primary_conninfo: Object.entries(conninfo)
      .map(([key, value]) => `${key}='${String(value).replaceAll(/['\\]/g, "\\$&")}'`)
      .join(" "),
    primary_slot_name: slot,
  };
}

/** The text of a configuration file, `include` last so that the included file wins. */
export function renderConf(settings: Settings, include?: string): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${literal(value)}`);
  if (include !== undefined) lines.push(`include ${literal(include)}`);
  return `${lines.join("\n")}\n`;
}

/** Passwords by scram over TLS and nothing else; what no line allows is refused. */
export function renderHba(replicationUser: string): string {
  const lines = [
    `hostssl replication ${replicationUser} 127.0.0.1/32 scram-sha-256`,
    `hostssl all ${replicationUser} 127.0.0.1/32 reject`,
    "hostssl all all 127.0.0.1/32 scram-sha-256",
  ];
  return `${lines.join("\n")}\n`;
}

function literal(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "number" ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)}MB`;
}
