import { probeHttp } from "./http.ts";
import { probePostgres } from "./postgres.ts";
import { probeRedis } from "./redis.ts";
import type { ProbeSpec } from "./spec.ts";
import { probeTcp } from "./tcp.ts";

/** What a daemon said when asked for its health, in words a person can act on, and how long it took. */
export interface ProbeResult {
  ok: boolean;
  answer: string;
  ms: number;
}

export interface ProbeOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** Asks once. Never throws: whatever goes wrong is the answer. The same function gates `up` and answers `status`. */
export async function probe(spec: ProbeSpec, { timeoutMs, signal }: ProbeOptions): Promise<ProbeResult> {
  const started = performance.now();
  const deadline = AbortSignal.timeout(timeoutMs);
  const end = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const finish = (ok: boolean, answer: string): ProbeResult => ({
    ok,
    answer,
    ms: Math.round(performance.now() - started),
  });
  try {
    return finish(true, await ask(spec, end));
  } catch (error) {
    if (deadline.aborted) return finish(false, `no answer within ${timeoutMs} ms`);
    return finish(false, error instanceof Error ? describe(error) : String(error));
  }
}

/** What is asked, for messages: `http://127.0.0.1:8080/readyz`, `postgres 127.0.0.1:5432`. Holds no credential. */
export function describeProbe(spec: ProbeSpec): string {
  return spec.kind === "http" ? spec.url : `${spec.kind} ${spec.host}:${spec.port}`;
}

/** Resolves with a good answer, rejects with a bad one. */
function ask(spec: ProbeSpec, signal: AbortSignal): Promise<string> {
  switch (spec.kind) {
    case "http":
      return probeHttp(spec, signal);
    case "tcp":
      return probeTcp(spec, signal);
    case "postgres":
      return probePostgres(spec, signal);
    case "redis":
      return probeRedis(spec, signal);
  }
}

/** Node wraps the failures of several addresses in an AggregateError without a message of its own. */
function describe(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return describe(error.errors[0]);
  return error.message === "" ? error.name : error.message;
}
