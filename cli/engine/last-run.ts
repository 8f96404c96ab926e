import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Gauge, Registry } from "prom-client";
import { z } from "zod";
import { readIfPresent, writeAtomically } from "../../stacks/home/files.ts";
import type { StackHome } from "../../stacks/home/home.ts";
import type { RunSummary } from "./engine.ts";
import { operations } from "./operations.ts";

const lastRunSchema = z.object({
  command: z.string(),
  result: z.enum(["succeeded", "failed", "interrupted"]),
  startedAt: z.string(),
  finishedAt: z.string(),
  durationSeconds: z.number(),
  resources: z.record(z.enum(operations), z.number()),
  lastSuccessAt: z.string().optional(),
});

/** The newest run that changed or tried to change the stack. */
export type LastRun = z.infer<typeof lastRunSchema>;

/** undefined when there was none, or its record is damaged. */
export function readLastRun(home: StackHome): LastRun | undefined {
  try {
    return lastRunSchema.parse(JSON.parse(readIfPresent(lastRunFile(home)) ?? ""));
  } catch {
    return undefined;
  }
}

/** Records a run for `purlin status`, and as metrics that node_exporter's textfile collector serves to Prometheus. */
export async function recordRun(home: StackHome, summary: RunSummary): Promise<void> {
  const { command, result, startedAt, finishedAt, durationSeconds, resources } = summary;
  const lastSuccessAt = result === "succeeded" ? finishedAt : readLastRun(home)?.lastSuccessAt;
  const run: LastRun = { command, result, startedAt, finishedAt, durationSeconds, resources, lastSuccessAt };
  writeAtomically(lastRunFile(home), `${JSON.stringify(run, null, 2)}\n`);
  mkdirSync(home.metricsDir, { recursive: true, mode: 0o755 });
  writeAtomically(join(home.metricsDir, "purlin_run.prom"), await renderMetrics(run), 0o644);
}

function renderMetrics(run: LastRun): Promise<string> {
  const registry = new Registry();
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  gauge("purlin_run_info", "The newest run of the CLI that changed the stack.", ["command", "result"]).set(
    { command: run.command, result: run.result },
    1,
  );
  gauge("purlin_run_duration_seconds", "How long the newest run took.").set(run.durationSeconds);
  gauge("purlin_run_last_timestamp_seconds", "When the newest run ended.").set(Date.parse(run.finishedAt) / 1000);
  if (run.lastSuccessAt !== undefined) {
    const success = gauge("purlin_run_last_success_timestamp_seconds", "When the newest successful run ended.");
    success.set(Date.parse(run.lastSuccessAt) / 1000);
  }
  const resources = gauge("purlin_run_resources", "Resources of the newest run, by what was done.", ["operation"]);
  for (const operation of operations) resources.set({ operation }, run.resources[operation]);
  return registry.metrics();
}

function lastRunFile(home: StackHome): string {
  return join(home.dir, "last-run.json");
}
