import { spawnSync } from "node:child_process";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { machineTools } from "../harness/tools.ts";
import { noise, rhythm } from "./forecast-history.ts";

/*
 * How good the model is, on histories whose makings are known. It runs in MindsDB's own Python, without MindsDB; what
 * is in stacks/components/mindsdb/models/work.py is what MindsDB trains.
 */

const models = path.join(import.meta.dirname, "../../stacks/components/mindsdb/models");
const forecasts = z.array(
  z.object({
    model: z.enum(["learnt", "naive"]),
    value: z.array(z.number()),
    naive_value: z.array(z.number()),
    mae: z.number(),
    naive_mae: z.number(),
  }),
);

let python: string;
beforeAll(async () => {
  python = (await machineTools("mindsdb")).mindsdb?.bin["python"] ?? "";
});

describe("against the naive forecast, on held-out weeks", () => {
  test.each([
    { what: "half a year", weeks: 26, ratio: 0.6 },
    { what: "a year", weeks: 52, ratio: 0.5 },
    { what: "three years", weeks: 156, ratio: 0.5 },
  ])("$what of trend, rhythm and noise errs at most $ratio of it", ({ weeks, ratio }) => {
    const answers = forecast(Array.from({ length: 10 }, (_, seed) => rhythm(weeks, seed)));
    expect(answers.map(({ model }) => model)).toEqual(answers.map(() => "learnt"));
    expect(sum(answers, "mae") / sum(answers, "naive_mae")).toBeLessThan(ratio);
  });

  test("its error told is that of the future: made with as many weeks less, it errs as much on those", () => {
    const histories = Array.from({ length: 30 }, (_, seed) => rhythm(64, seed));
    const answers = forecast(histories.map((history) => history.slice(0, 60)));
    const actual = histories.map((history, index) => {
      const off = answers[index]?.value.map((value, step) => Math.abs(value - (history[60 + step] ?? 0))) ?? [];
      return off.reduce((total, one) => total + one, 0) / off.length;
    });
    const ratio = actual.reduce((total, one) => total + one, 0) / sum(answers, "mae");
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.33);
  });

  test("noise alone cannot be forecast: the naive one is served where it erred less, and it often does", () => {
    const answers = forecast(Array.from({ length: 20 }, (_, seed) => noise(52, seed)));
    expect(sum(answers, "mae") / sum(answers, "naive_mae")).toBeGreaterThan(0.8);
    expect(answers.filter(({ model }) => model === "naive").length).toBeGreaterThan(4);
  });
});

describe("what is served", () => {
  test("of a constant history is the naive forecast, and both are right", () => {
    const [answer] = forecast([Array.from({ length: 30 }, () => 7)]);
    expect(answer).toEqual({ model: "naive", value: [7, 7, 7, 7], naive_value: [7, 7, 7, 7], mae: 0, naive_mae: 0 });
  });

  test("is the naive forecast wherever that erred less", () => {
    for (const { model, value, naive_value, mae, naive_mae } of forecast([rhythm(16, 3), steps(40), steps(80)])) {
      expect(model).toBe(mae < naive_mae ? "learnt" : "naive");
      if (model === "naive") expect(value).toEqual(naive_value);
    }
  });

  test("is never below zero", () => {
    const falling = Array.from({ length: 40 }, (_, week) => Math.max(0, 39 - week));
    for (const { value } of forecast([falling])) expect(Math.min(...value)).toBeGreaterThanOrEqual(0);
  });
});

test("a history too short is refused", () => {
  const code = "work.WorkForecast().train(pd.DataFrame({'week': [], 'completed': [], 'overdue': []}), 'completed')";
  expect(run(`import pandas as pd\n${code}`, []).stderr).toContain("0 weeks are too few");
});

/** A team that suddenly does half as much. */
const steps = (weeks: number) => Array.from({ length: weeks }, (_, week) => (week < weeks - 3 ? 20 : 10));

function forecast(histories: number[][]) {
  const code = `
out = []
for history in json.load(sys.stdin):
    answer = work.forecast(np.array(history, float))
    out.append({name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in answer.items()})
print(json.dumps(out))`;
  const { stdout, stderr } = run(code, histories);
  if (stdout === "") throw new Error(stderr);
  return forecasts.parse(JSON.parse(stdout));
}

function run(code: string, input: unknown) {
  const script = `import json, sys\nimport numpy as np\nsys.path.insert(0, sys.argv[1])\nsys.dont_write_bytecode = True\nimport work\n${code}`;
  const env = { OMP_NUM_THREADS: "1" };
  return spawnSync(python, ["-c", script, models], { input: JSON.stringify(input), encoding: "utf8", env });
}

function sum(answers: z.output<typeof forecasts>, field: "mae" | "naive_mae"): number {
  return answers.reduce((total, answer) => total + answer[field], 0);
}
