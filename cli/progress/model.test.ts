import { expect, test } from "vitest";
import { row } from "../../tests/harness/cli-samples.ts";
import type { RunEvent } from "./event.ts";
import { advance, startModel, type RunModel } from "./model.ts";

/** The model after events that come a second apart. */
function after(...events: RunEvent[]): RunModel {
  return events.reduce(
    (model, event, index) => advance(model, event, (index + 1) * 1000),
    startModel("shop", ["redis"], 0),
  );
}

const step = (overrides: Parameters<typeof row>[0]): RunEvent => ({ type: "step", row: row(overrides) });
const running = step({ phase: "running" });
const redis = (...events: RunEvent[]) => after(...events).components[0]!;

test("a component waits until its first step", () => {
  expect(redis().state).toBe("waiting");
  expect(redis(running)).toMatchObject({ state: "running", startedAt: 1000, running: [{ name: "redis-cache" }] });
});

test("it is done when no step runs, and its clock stops with the last", () => {
  const done = redis(running, step({ name: "redis-queue", phase: "running" }), step({}), step({ name: "redis-queue" }));
  expect(done).toMatchObject({ state: "done", startedAt: 1000, endedAt: 4000, running: [], counts: { create: 2 } });
});

test("it runs again when another step starts", () => {
  expect(redis(running, step({}), step({ name: "redis-acl", phase: "running" })).state).toBe("running");
});

test("resources are counted by what was done to them", () => {
  const counts = { delete: 1, same: 1, create: 0 };
  expect(redis(step({ operation: "same" }), step({ operation: "delete" }))).toMatchObject({ state: "done", counts });
});

test("a failed step stays in sight, whatever ends well after it", () => {
  const failed = redis(running, step({ phase: "failed", message: "LOADING" }), step({ name: "redis-queue" }));
  expect(failed).toMatchObject({ state: "failed", failed: [{ name: "redis-cache", message: "LOADING" }] });
});

test("a step that was called off has not failed", () => {
  expect(redis(running, step({ phase: "failed", message: "cancelled" }))).toMatchObject({
    state: "interrupted",
    failed: [],
  });
});

test("a component nobody announced is shown too", () => {
  const { components } = after(step({ component: "storage" }));
  expect(components.map(({ name }) => name)).toEqual(["redis", "storage"]);
});

test("a tool is shown while it is being fetched, and none after the phase", () => {
  const progress = { tool: "redis", source: "PyPI", detail: "", seconds: 0 } as const;
  const fetching: RunEvent = { type: "tool", progress: { ...progress, phase: "download" } };
  expect(after(fetching).tools).toHaveLength(1);
  expect(after(fetching, { type: "tool", progress: { ...progress, phase: "done" } }).tools).toEqual([]);
  expect(after(fetching, { type: "phase", title: "Making it real" }).tools).toEqual([]);
});

test("notices are kept in order", () => {
  const notices = ["one", "two"].map((message): RunEvent => ({ type: "notice", level: "info", message }));
  expect(after(...notices).notices.map(({ message }) => message)).toEqual(["one", "two"]);
});
