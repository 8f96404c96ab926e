import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { stackHome } from "../../stacks/home/home.ts";
import { readLastRun, recordRun } from "./last-run.ts";
import type { RunSummary } from "./engine.ts";
import { countNothing } from "./operations.ts";

const run: RunSummary = {
  id: "1",
  command: "up",
  result: "succeeded",
  failures: [],
  resources: { ...countNothing(), create: 3 },
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: "2026-01-01T00:00:02.500Z",
  durationSeconds: 2.5,
  logFile: "",
};

test("the newest run is kept for people and for Prometheus; a failure does not hide the last success", async () => {
  const home = stackHome(temporaryFolder());
  const metrics = () => readFileSync(join(home.metricsDir, "purlin_run.prom"), "utf8");
  expect(readLastRun(home)).toBeUndefined();

  await recordRun(home, run);
  expect(metrics()).toContain('purlin_run_info{command="up",result="succeeded"} 1');
  expect(metrics()).toContain("purlin_run_duration_seconds 2.5");
  expect(metrics()).toContain('purlin_run_resources{operation="create"} 3');

  await recordRun(home, { ...run, result: "failed", finishedAt: "2026-01-02T00:00:00.000Z" });
  expect(readLastRun(home)).toMatchObject({ result: "failed", lastSuccessAt: run.finishedAt });
  expect(metrics()).toContain('purlin_run_info{command="up",result="failed"} 1');
  expect(metrics()).toContain(`purlin_run_last_success_timestamp_seconds ${Date.parse(run.finishedAt) / 1000}`);
});
