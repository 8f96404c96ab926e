import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeProject, lightBlueprint, type Project } from "./support/project.ts";
import { purlin, type Result } from "./support/purlin.ts";

/*
 * Canaries: a value of the caller's environment, a webhook and a database's password. None may be found in clear text
 * where the engine writes, where runs are recorded, or in anything that is printed.
 */

const canaries = { environment: canary(), webhook: `https://hooks.example/${canary()}`, password: "" };
const printed: Result[] = [];
let project: Project;
let temporary: string;

/** A service that tells its secret to whoever reads its last words. */
const leaky = `console.error("cannot log in with " + process.env.CANARY);\nprocess.exit(1);\n`;

beforeAll(async () => {
  const { auth, api } = lightBlueprint.services;
  const blueprint = {
    ...lightBlueprint,
    monitoring: { grafana: "off", alerts: { receivers: { hook: { webhook: "${env:CANARY_WEBHOOK}" } } } },
    services: { auth, api: { ...api, env: { ...api.env, CANARY: "${env:CANARY}" } } },
  };
  project = makeProject({ blueprint });
  temporary = join(project.dir, "tmp");
  mkdirSync(temporary, { mode: 0o1777 });
  expect(await run("up", "--verbose")).toMatchObject({ code: 0 });
  const outputs = (await run("outputs", "--json", "--show-secrets")).stdout;
  canaries.password =
    /postgres(?:ql)?:\/\/[^:]+:([^@]+)@/.exec(outputs)?.[1] ?? /"password": "([^"]+)"/.exec(outputs)?.[1] ?? "";
  expect(canaries.password).not.toBe("");
  printed.pop(); // was asked to show them

  mkdirSync(join(project.dir, "leaky"));
  writeFileSync(join(project.dir, "leaky/server.js"), leaky);
  const command = ["node", "server.js"];
  const services = { ...blueprint.services, leaky: { path: "leaky", command, env: { CANARY: "${env:CANARY}" } } };
  project.write({ ...blueprint, services });
  const failed = await run("up", "--verbose");
  expect(failed.stderr).toContain("cannot log in with [secret]");
  await run("plan", "--verbose");
  await run("status");
  await run("outputs");
  await run("config");
});

afterAll(() => project.dispose());

test("nothing that was printed holds a secret", () => {
  for (const [name, value] of Object.entries(canaries)) {
    for (const { stdout, stderr } of printed) expect(`${stdout}${stderr}`.includes(value), name).toBe(false);
  }
});

test("state, history, logs of runs and the temporary folder hold no secret in clear text", () => {
  const stack = join(project.home, "stacks/light-dev");
  const folders = ["state", "pulumi", "logs/runs", "metrics"].map((folder) => join(stack, folder));
  for (const [name, value] of Object.entries(canaries)) {
    const found = [...folders, join(project.home, "logs"), temporary].flatMap((folder) => filesHolding(value, folder));
    expect(found, name).toEqual([]);
  }
});

test("the same search finds them where they belong, closed to others", () => {
  const stack = join(project.home, "stacks/light-dev");
  const holders = [
    ...filesHolding(canaries.environment, join(stack, "processes")),
    ...filesHolding(canaries.webhook, join(stack, "config")),
  ];
  expect(holders.length).toBeGreaterThan(1);
  for (const file of holders) {
    const open = statSync(file).mode & 0o007;
    expect(open, file).toBe(0);
  }
});

async function run(...args: string[]): Promise<Result> {
  const env = { ...project.env, TMPDIR: temporary, CANARY: canaries.environment, CANARY_WEBHOOK: canaries.webhook };
  const result = await purlin(args, { cwd: project.dir, env });
  printed.push(result);
  return result;
}

function canary(): string {
  return `canary-${randomBytes(12).toString("hex")}`;
}

function filesHolding(text: string, folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}
