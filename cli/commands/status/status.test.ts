import { expect, test } from "vitest";
import { processRow } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import { status } from "./status.handler.ts";

const healthy = processRow();
const broken = processRow({
  component: "postgres",
  name: "postgres-primary",
  state: "unhealthy",
  restarts: 2,
  probe: { ok: false, answer: "connection refused", ms: 1 },
});

test("prints a row for each process, by component", async () => {
  const context = fakeContext({ platform: { processStatus: () => Promise.resolve([healthy, broken]) } });
  expect(await status(context)).toBe("unhealthy");
  expect(context.out().split("\n")).toEqual([
    "COMPONENT  PROCESS           STATE      FOR    RESTARTS  PROBE",
    "postgres   postgres-primary  unhealthy  2 min  2         connection refused",
    "redis      redis-cache       running    2 min  0         PONG (2 ms)",
    "",
  ]);
});

test("is done when every process is running and answers", async () => {
  const context = fakeContext({ platform: { processStatus: () => Promise.resolve([healthy]) } });
  expect(await status(context)).toBe("done");
});

test("counts a running process whose probe fails as unhealthy", async () => {
  const silent = processRow({ probe: { ok: false, answer: "no answer in 2000 ms", ms: 2000 } });
  const context = fakeContext({ platform: { processStatus: () => Promise.resolve([silent]) } });
  expect(await status(context)).toBe("unhealthy");
});

test("keeps the contract of --json: component, name, state, since, probe", async () => {
  const context = fakeContext({
    settings: { json: true },
    platform: { processStatus: () => Promise.resolve([healthy]) },
  });
  await status(context);
  expect(JSON.parse(context.out())).toEqual({
    version: 1,
    name: "shop",
    stack: "dev",
    rows: [
      {
        component: "redis",
        name: "redis-cache",
        state: "running",
        since: "2026-05-01T11:58:00.000Z",
        probe: { ok: true, answer: "PONG", ms: 2 },
        pid: 7,
        restarts: 0,
      },
    ],
  });
});

test("says that nothing is up, on stderr", async () => {
  const context = fakeContext({ platform: { processStatus: () => Promise.resolve([]) } });
  expect(await status(context)).toBe("unhealthy");
  expect(context.out()).toBe("");
  expect(context.err()).toBe("Nothing of shop (dev) is up. Start it with `purlin up`.\n");
});
