import { render } from "ink-testing-library";
import { expect, test } from "vitest";
import { row } from "../../tests/harness/cli-samples.ts";
import { advance, startModel, type RunModel } from "./model.ts";
import { RunView } from "./view.tsx";

function frame(model: RunModel, now: number): string[] {
  const app = render(<RunView model={model} now={now} />);
  const lines = (app.lastFrame() ?? "").split("\n");
  app.unmount();
  return lines;
}

const start = startModel("shop (dev)", ["postgres", "redis"], 0);

test("shows phase, components, steps at work with their reason, and how long each takes", () => {
  const running = row({ phase: "running", operation: "update", reasons: ["redis.conf changed"] });
  const model = [
    { type: "phase" as const, title: "Making it real" },
    { type: "step" as const, row: running },
  ].reduce((before, event) => advance(before, event, 1000), start);
  expect(frame(model, 3000)).toEqual([
    "shop (dev) Making it real 3.0 s",
    "· postgres         waiting",
    "⠋ redis      2.0 s",
    "    updating redis-cache (redis.conf changed) 2.0 s",
  ]);
});

test("shows what failed with its message, and the clock of what is done stands still", () => {
  const failed = row({ component: "postgres", name: "postgres-primary", phase: "failed", message: "no space left" });
  const done = advance(advance(start, { type: "step", row: failed }, 1000), { type: "step", row: row() }, 2000);
  expect(frame(done, 60_000)).toEqual([
    "shop (dev)  1 min",
    "✗ postgres   0.0 s",
    "    postgres-primary: no space left",
    "✓ redis      0.0 s 1 created",
  ]);
});

test("shows at most three steps of a component", () => {
  const names = ["a", "b", "c", "d", "e"];
  const model = names.reduce(
    (before, name) => advance(before, { type: "step", row: row({ name, phase: "running" }) }, 0),
    start,
  );
  expect(frame(model, 0).slice(-4)).toEqual([
    "    creating a 0.0 s",
    "    creating b 0.0 s",
    "    creating c 0.0 s",
    "    and 2 more",
  ]);
});

test("shows tools being fetched in place of the components", () => {
  const progress = {
    tool: "mindsdb",
    source: "PyPI mindsdb",
    phase: "download",
    detail: "412 of 900 MB",
    seconds: 1,
  } as const;
  expect(frame(advance(start, { type: "tool", progress }, 0), 0)).toEqual([
    "shop (dev)  0.0 s",
    "⠋ mindsdb  download PyPI mindsdb 412 of 900 MB",
  ]);
});
