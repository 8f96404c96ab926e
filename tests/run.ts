import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * `npm test`: every check and every kind of test, one after the other, each printed as it runs, and one line at the end
 * with what was counted. A step that fails does not hide what the later ones find.
 */

interface Counts {
  passed: number;
  failed: number;
}

interface Step {
  name: string;
  run: () => Counts;
}

const steps: readonly Step[] = [
  command("lint", "npm", ["run", "--silent", "lint"]),
  command("format", "npm", ["run", "--silent", "format:check"]),
  command("types", "npm", ["run", "--silent", "types"]),
  command("unused code", "npm", ["run", "--silent", "knip"]),
  tests("unit"),
  tests("integration"),
  tests("e2e"),
];

const started = Date.now();
const total: Counts = { passed: 0, failed: 0 };
const failures: string[] = [];
for (const step of steps) {
  console.log(`\n==> ${step.name} (${Math.round((Date.now() - started) / 1000)} s so far)`);
  const { passed, failed } = step.run();
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failures.push(step.name);
}
if (failures.length > 0) console.log(`\nfailed: ${failures.join(", ")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);

const results = process.env["PURLIN_TEST_RESULTS"];
if (results !== undefined) writeFileSync(results, `${total.passed} ${total.failed}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A check that passes or fails as a whole. */
function command(name: string, program: string, args: readonly string[]): Step {
  return {
    name,
    run: () => {
      const { status } = spawnSync(program, args, { stdio: "inherit" });
      return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    },
  };
}

/** One kind of test; the counts are vitest's own. A run that dies without a report, or runs nothing, is a failure. */
function tests(kind: string): Step {
  return {
    name: `${kind} tests`,
    run: () => {
      const folder = mkdtempSync(join(tmpdir(), "purlin-results-"));
      const report = join(folder, "report.json");
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      const { status } = spawnSync("npx", ["vitest", "run", "--project", kind, ...reporters], { stdio: "inherit" });
      const counts = read(report);
      rmSync(folder, { recursive: true });
      return counts.failed === 0 && (status !== 0 || counts.passed === 0) ? { ...counts, failed: 1 } : counts;
    },
  };
}

function read(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
