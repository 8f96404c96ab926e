import { expect, test } from "vitest";
import { knownProcess } from "../../../tests/harness/cli-samples.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import { logs } from "./logs.handler.ts";
import { timeOf } from "./time-of.ts";

const lines: Record<string, string[]> = {
  "api-1": ['{"level":"info","time":"2026-05-01T11:59:30.000Z","msg":"ready"}', "a trace without a time"],
  "redis-cache": ["2026-05-01T10:00:00.000Z early"],
};

function world(json = false) {
  const known = [knownProcess("api-1", "services"), knownProcess("redis-cache", "redis")];
  return fakeContext({
    settings: { json },
    platform: {
      listProcesses: () => Promise.resolve(known),
      async *readLog(_home, name) {
        yield* await Promise.resolve(lines[name] ?? []);
      },
    },
  });
}

test("puts the process before each line, aligned", async () => {
  const context = world();
  await logs(context, { name: undefined, lines: 50 });
  expect(context.out().split("\n")).toEqual([
    'api-1       {"level":"info","time":"2026-05-01T11:59:30.000Z","msg":"ready"}',
    "api-1       a trace without a time",
    "redis-cache 2026-05-01T10:00:00.000Z early",
    "",
  ]);
});

test("leaves out what is older than --since", async () => {
  const context = world();
  await logs(context, { name: undefined, lines: 50, since: 60 });
  expect(context.out()).not.toContain("early");
  expect(context.out()).toContain("ready");
});

test("prints NDJSON with --json", async () => {
  const context = world(true);
  await logs(context, { name: "redis", lines: 50 });
  expect(JSON.parse(context.out())).toEqual({
    version: 1,
    type: "log",
    process: "redis-cache",
    line: "2026-05-01T10:00:00.000Z early",
  });
});

test.each([
  ['{"level":30,"time":1777636770000,"msg":"x"}', "2026-05-01T11:59:30.000Z"],
  ["2026-05-01 11:59:30.250 UTC [12] LOG:  ready", "2026-05-01T11:59:30.250Z"],
  ['time=2026-05-01T11:59:30.000Z level=INFO msg="ready"', "2026-05-01T11:59:30.000Z"],
  ["no time here", undefined],
])("reads the time of %s", (line, iso) => {
  expect(timeOf(line)).toBe(iso === undefined ? undefined : Date.parse(iso));
});
