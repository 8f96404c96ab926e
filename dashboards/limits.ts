/*
 * Numbers shared by a panel's thresholds and the alert that watches the same signal. Units are the signal's own.
 */
export const limits = {
  /** Share of requests that may fail: the 99.9 % objective. */
  errorBudget: 0.001,
  errorShare: { warn: 0.001, critical: 0.01 },
  /** Seconds; an exact bucket bound of http_request_duration_seconds. */
  latency: { warn: 0.3, critical: 1 },
  certificateDays: { warn: 14, critical: 3, when: "below" },
  connections: { warn: 0.8, critical: 0.95 },
  /** Seconds a replica may be behind. */
  replicaLag: { warn: 10, critical: 30 },
  /** Bytes of WAL a replica may be behind. */
  replicaLagBytes: { warn: 1e8, critical: 1e9 },
  /** Seconds. */
  transaction: { warn: 300, critical: 900 },
  /** Share of the 2 billion transaction ids. */
  transactionIds: { warn: 0.5, critical: 0.8 },
  redisMemory: { warn: 0.85, critical: 0.95 },
  diskFree: { warn: 0.15, critical: 0.05, when: "below" },
  memoryStall: { warn: 0.1 },
  /** Seconds. */
  eventLoopLag: { warn: 0.1, critical: 0.5 },
  /** Seconds a job has been due. */
  jobAge: { warn: 60, critical: 300 },
  /** Seconds the oldest event waits for a reader. */
  outboxLag: { warn: 10, critical: 60 },
  /** Seconds from a change to its being told. */
  eventDelay: { warn: 0.5, critical: 2 },
  /** Seconds; made daily. */
  forecastAge: { warn: 100_000, critical: 172_800 },
  /** Error over that of the naive forecast. */
  forecastError: { warn: 0.95, critical: 1 },
  heap: { warn: 0.8, critical: 0.9 },
  s3ErrorShare: { warn: 0.005, critical: 0.02 },
} as const;
