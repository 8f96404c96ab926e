import type { EngineEvent, OpType } from "@pulumi/pulumi/automation/index.js";
import { beforeEach, expect, test } from "vitest";
import type { Row } from "./engine.ts";
import { RunEvents } from "./events.ts";

let rows: Row[];
let traces: string[];
let events: RunEvents;
beforeEach(() => {
  rows = [];
  traces = [];
  events = new RunEvents({
    describe: (_type, _operation, keys) => ({ reasons: keys, risk: "none" }),
    redact: (text) => text.replaceAll("hunter2", "[secret]"),
    trace: (text) => traces.push(text),
    onRow: (row) => rows.push(row),
  });
});

const urn = (name: string, kind = "Process") => `urn:pulumi:dev::shop::purlin:local:${kind}::${name}`;

type Step = NonNullable<EngineEvent["resourcePreEvent"]>["metadata"];

function step(op: OpType, name: string, { kind = "Process", inputs = {}, diffs = [] as string[] } = {}): Step {
  const type = `purlin:local:${kind}`;
  const state = { type, urn: urn(name, kind), id: name, parent: "", inputs, outputs: {}, provider: "" };
  return { op, urn: urn(name, kind), type, old: state, new: state, diffs, provider: "" };
}

const send = (event: Omit<EngineEvent, "sequence" | "timestamp">) =>
  events.accept({ sequence: 0, timestamp: 0, ...event });
const begin = (metadata: Step) => send({ resourcePreEvent: { metadata } });
const end = (metadata: Step) => send({ resOutputsEvent: { metadata } });
const shown = () => rows.map(({ component, name, operation, phase }) => [component, name, operation, phase].join(" "));

test("a resource runs, then is done; one that stays the same is only done", () => {
  for (const metadata of [step("create", "redis-cache"), step("same", "redis-queue")]) {
    begin(metadata);
    end(metadata);
  }
  expect(shown()).toEqual([
    "redis redis-cache create running",
    "redis redis-cache create done",
    "redis redis-queue same done",
  ]);
  expect(events.counts()).toMatchObject({ create: 1, same: 1 });
});

test("a replacement is one row, whatever steps the engine makes of it", () => {
  for (const op of ["delete-replaced", "replace", "create-replacement"] as const) {
    begin(step(op, "redis-cache", { diffs: ["path"] }));
    end(step(op, "redis-cache", { diffs: ["path"] }));
  }
  expect(shown()).toEqual(["redis redis-cache replace running", "redis redis-cache replace done"]);
  expect(rows[0]?.reasons).toEqual(["path"]);
});

test("the component is the resource's own word, else the first part of its name", () => {
  begin(step("create", "orders-1", { inputs: { component: "services" } }));
  begin(step("create", "gateway/rules.yml"));
  expect(rows.map(({ component }) => component)).toEqual(["services", "gateway"]);
});

test("a failure carries the engine's message without colours and secrets, with or without an operation that failed", () => {
  const started = step("create", "redis-cache");
  begin(started);
  const message = "<{%fg 1%}>error: redis://:hunter2@localhost refused<{%reset%}>";
  send({ diagnosticEvent: { urn: started.urn, message, color: "never", severity: "error" } });
  send({ resOpFailedEvent: { metadata: started, status: 0, steps: 1 } });
  send({ diagnosticEvent: { urn: urn("redis-queue"), message: "bad port", color: "never", severity: "error" } });
  send({ diagnosticEvent: { message: "update failed", color: "never", severity: "error" } });
  expect(events.failures()).toEqual([
    { urn: started.urn, component: "redis", name: "redis-cache", message: "redis://:[secret]@localhost refused" },
    { urn: urn("redis-queue"), component: "redis", name: "redis-queue", message: "bad port" },
  ]);
  expect(rows.filter(({ phase }) => phase === "failed")).toHaveLength(2);
});

test("a stack trace goes to the log, and the message without it to people", () => {
  const message =
    "Error: no port\n    at build (file:///purlin/dist/program.js:3:7)\n    at async main (node:internal/x:1:2)\n  see the log";
  send({ diagnosticEvent: { message, color: "never", severity: "error" } });
  expect(events.failures()).toEqual([
    { component: "purlin", name: "purlin", message: "Error: no port\n  see the log" },
  ]);
  expect(traces).toEqual([message]);
});

test("losing a folder of data is data loss; a scratch folder is not", () => {
  begin(step("delete", "app-data", { kind: "Directory", inputs: { holds: "data" } }));
  begin(step("delete", "app-config", { kind: "Directory", inputs: { holds: "scratch" } }));
  expect(events.riskOf(urn("app-data", "Directory"))).toBe("data-loss");
  expect(events.riskOf(urn("app-config", "Directory"))).toBe("none");
});
