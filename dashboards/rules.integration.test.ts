import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { machineTools } from "../tests/harness/tools.ts";
import { executable } from "../toolchain/tool.ts";
import { alertGroups } from "./index.ts";
import { ruleGroup, ruleTests, type AlertGroup } from "./lib/alert.ts";

/* The rules as Prometheus reads them, and every alert's firing and quiet case, in Prometheus' own promtool. */

const run = promisify(execFile);
const generated = join(import.meta.dirname, "generated");
let promtool: string;
let folder: string;

beforeAll(async () => {
  const { prometheus } = await machineTools("prometheus");
  if (prometheus === undefined) throw new Error("the tool chain gave no prometheus");
  promtool = executable(prometheus, "promtool");
  folder = mkdtempSync(join(tmpdir(), "purlin-rules-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the generated rules are valid", async () => {
  const { stdout } = await run(promtool, ["check", "rules", join(generated, "rules.yml")]);
  const count = alertGroups.reduce((sum, { records = [], alerts }) => sum + records.length + alerts.length, 0);
  expect(stdout).toContain(`SUCCESS: ${count} rules found`);
});

test("every alert fires and stays quiet as its cases say", async () => {
  const { stdout } = await run(promtool, ["test", "rules", join(generated, "rules.test.yml")]);
  expect(stdout).toContain("SUCCESS");
});

describe("what every instance reads from Postgres counts once", () => {
  const group = alertGroups.find(({ noun }) => noun === "services");
  const shared = (group?.alerts ?? []).filter(({ expr }) => expr.startsWith("max by"));

  test("in each rule about it", () => {
    expect(shared.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["JobsLate", "JobsDead", "OutboxLag", "ForecastStale", "ForecastWorseThanNaive"]),
    );
  });

  test.each(shared.filter(({ name }) => name !== "JobsDead"))(
    "$name would fire by mistake if it were summed",
    async (alert) => {
      const summed = { ...alert, expr: alert.expr.replace("max by", "sum by") };
      const failed = testRules({ noun: "services", alerts: [summed] });
      await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining("exp: nil") as unknown });
    },
  );
});

describe("a wrong case is noticed", () => {
  const [group] = alertGroups.filter(({ noun }) => noun === "postgres");
  const [alert] = group?.alerts ?? [];
  if (group === undefined || alert?.quiet === undefined) throw new Error("postgres has no alert with a quiet case");

  test.each([
    ["one that fires, given as quiet", { ...alert, quiet: alert.fires }],
    ["one that is quiet, given as firing", { ...alert, fires: alert.quiet }],
    ["the exporter of the tables, taken for a server", { ...alert, expr: "pg_up == 0" }],
  ])("%s", async (_, broken) => {
    const failed = testRules({ ...group, alerts: [broken] });
    await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining("FAILED") as unknown });
  });

  test("and the same case unharmed passes", async () => {
    expect((await testRules({ ...group, alerts: [alert] })).stdout).toContain("SUCCESS");
  });
});

/** promtool on one group alone. */
function testRules(group: AlertGroup): Promise<{ stdout: string }> {
  const rules = join(folder, "rules.yml");
  const tests = join(folder, "rules.test.yml");
  writeFileSync(rules, stringify({ groups: [ruleGroup(group)] }));
  writeFileSync(tests, stringify({ rule_files: [rules], evaluation_interval: "1m", tests: ruleTests(group) }));
  return run(promtool, ["test", "rules", tests]);
}
