import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { renderLauncher } from "./launcher.ts";
import { processSpecSchema } from "./process-spec.ts";

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "purlin launcher's $dir-"))));
afterAll(() => rmSync(dir, { recursive: true }));

function run(command: [string, ...string[]], env: Record<string, string>): string {
  const spec = processSpecSchema.parse({
    component: "demo",
    command,
    env,
    cwd: dir,
    stop: { signal: "TERM", timeoutSeconds: 1 },
    ready: { kind: "tcp", host: "127.0.0.1", port: 1 },
    startTimeoutSeconds: 1,
    leaves: [],
    level: 0,
  });
  const script = join(dir, "run.sh");
  writeFileSync(script, renderLauncher(spec, { identity: join(dir, "pid") }));
  return execFileSync("/bin/sh", [script], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], SUPERVISOR_ENABLED: "1" },
  });
}

it("hands on any text byte for byte, as variable and as argument", () => {
  const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0") && value.isWellFormed());
  const print = `printf '%s\\0%s' "$A" "$1"`; // a shell starts in a moment, Node does not
  fc.assert(
    fc.property(text, (value) => {
      expect(run(["/bin/sh", "-c", print, "sh", value], { A: value })).toBe(`${value}\0${value}`);
    }),
    { numRuns: 50, examples: [["it's"], ['%(x)s $HOME `id` \\ "q"\n\n'], ["-n"], [""]] },
  );
});

it("leaves nothing of its own in the environment", () => {
  const names = run(["env"], { A: "1" })
    .split("\n")
    .map((line) => line.split("=")[0]);
  expect(names.filter((name) => !["PATH", "PWD", "OLDPWD", "_", ""].includes(name ?? ""))).toEqual(["A"]);
});

it("records the pid that the command then has, its start, and how often it was started", () => {
  rmSync(join(dir, "pid"), { force: true });
  const stat = run(["/bin/sh", "-c", "cat /proc/$$/stat"], {});
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  expect(readFileSync(join(dir, "pid"), "utf8")).toBe(`${stat.split(" ")[0]!} ${fields[19]!} 1\n`);
  run(["true"], {});
  expect(readFileSync(join(dir, "pid"), "utf8")).toMatch(/ 2\n$/);
});
