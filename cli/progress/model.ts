import type { ResourceCounts, Row } from "../engine/engine.ts";
import { countNothing } from "../engine/operations.ts";
import type { Progress } from "../platform.ts";
import type { RunEvent } from "./event.ts";
import { calledOff } from "./words.ts";

/** One resource at work, or failed. */
export interface StepView {
  name: string;
  operation: Row["operation"];
  startedAt: number;
  reasons: string[];
  /** Of a failed step. */
  message?: string | undefined;
}

export interface ComponentView {
  name: string;
  /** `interrupted`: a step was called off, and the next run goes on from it. */
  state: "waiting" | "running" | "done" | "failed" | "interrupted";
  startedAt: number | undefined;
  /** When the last of its steps so far was done. */
  endedAt: number | undefined;
  running: StepView[];
  failed: StepView[];
  calledOff: number;
  /** Its resources so far, by what was done to them. */
  counts: ResourceCounts;
}

/** Everything a view of a run shows; times are milliseconds since the epoch. */
export interface RunModel {
  title: string;
  phase: string;
  startedAt: number;
  /** Tools being made available now. */
  tools: Progress[];
  components: ComponentView[];
  notices: { level: "info" | "warn"; message: string }[];
}

/** @param components in the order to show them. */
export function startModel(title: string, components: readonly string[], now: number): RunModel {
  return { title, phase: "", startedAt: now, tools: [], components: components.map(waiting), notices: [] };
}

/** The model after one more event. Pure: the view is a function of the model and the time. */
export function advance(model: RunModel, event: RunEvent, now: number): RunModel {
  switch (event.type) {
    case "phase":
      return { ...model, phase: event.title, tools: [] };
    case "tool":
      return { ...model, tools: withTool(model.tools, event.progress) };
    case "step":
      return { ...model, components: withStep(model.components, event.row, now) };
    case "notice":
      return { ...model, notices: [...model.notices, { level: event.level, message: event.message }] };
  }
}

function waiting(name: string): ComponentView {
  const none = {
    startedAt: undefined,
    endedAt: undefined,
    running: [],
    failed: [],
    calledOff: 0,
    counts: countNothing(),
  };
  return { name, state: "waiting", ...none };
}

function withTool(tools: readonly Progress[], progress: Progress): Progress[] {
  const others = tools.filter(({ tool }) => tool !== progress.tool);
  const over = progress.phase === "done" || progress.phase === "absent";
  return over ? others : [...others, progress].sort((a, b) => a.tool.localeCompare(b.tool));
}

function withStep(components: readonly ComponentView[], row: Row, now: number): ComponentView[] {
  const known = components.some(({ name }) => name === row.component);
  const all = known ? components : [...components, waiting(row.component)];
  return all.map((component) => (component.name === row.component ? afterStep(component, row, now) : component));
}

function afterStep(component: ComponentView, row: Row, now: number): ComponentView {
  const { name, operation, reasons, message, phase } = row;
  const others = component.running.filter((step) => step.name !== name);
  const startedAt = component.startedAt ?? now;
  const step = { name, operation, reasons, message, startedAt: now };
  switch (phase) {
    case "running":
      return settle({ ...component, startedAt, running: [...others, step] });
    case "done": {
      const counts = { ...component.counts, [operation]: component.counts[operation] + 1 };
      return settle({ ...component, startedAt, endedAt: now, running: others, counts });
    }
    case "failed":
      if (message === calledOff) {
        return settle({ ...component, startedAt, endedAt: now, running: others, calledOff: component.calledOff + 1 });
      }
      return settle({ ...component, startedAt, endedAt: now, running: others, failed: [...component.failed, step] });
  }
}

function settle(component: ComponentView): ComponentView {
  if (component.failed.length > 0) return { ...component, state: "failed" };
  if (component.running.length > 0) return { ...component, state: "running" };
  return { ...component, state: component.calledOff > 0 ? "interrupted" : "done" };
}
