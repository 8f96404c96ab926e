import { createHash, randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { dashboards } from "../../dashboards/index.ts";
import { panelExpression } from "../../dashboards/lib/signal.ts";
import { makeClient, type Client } from "./support/client.ts";
import { findLeaks } from "./support/leaks.ts";
import { makeProject, type Project } from "./support/project.ts";
import { query, queryUntil } from "./support/prometheus.ts";
import { packageRoot } from "./support/purlin.ts";
import type { Place } from "./support/sign-up.ts";
import { attach, createTask, missingTasks, openWorkplace, send, type Workplace } from "./support/tasks.ts";

/*
 * The whole platform of the example blueprint, through the CLI alone. The tests run in order: each leaves the platform
 * up for the next, and the last ones take it down.
 */

interface OutputsJson extends Place {
  gateway: { url: string; ca: string };
  monitoring: { prometheus: { url: string } };
  services: Record<string, { url: string }>;
}

interface StatusJson {
  component: string;
  name: string;
  state: string;
}

const scrapeInterval = 2;
const release = new AsyncDisposableStack();
let project: Project;
let client: Client;
let outputs: OutputsJson;
let workplace: Workplace;

beforeAll(async () => {
  const example = parse(readFileSync(join(packageRoot, "purlin.yaml"), "utf8")) as { monitoring: object };
  project = makeProject({ blueprint: { ...example, monitoring: { ...example.monitoring, scrapeInterval } } });
  release.defer(project.dispose);
  await project.ok("up", "--yes");
  outputs = await project.json<OutputsJson>("outputs");
  client = makeClient(outputs.gateway);
  release.defer(client.close);
  workplace = await openWorkplace(client, outputs);
});

afterAll(() => release.disposeAsync());

test("every component is healthy", async () => {
  const { rows } = await project.json<{ rows: StatusJson[] }>("status");
  expect(new Set(rows.map((row) => row.component))).toEqual(
    new Set(["gateway", "postgres", "redis", "storage", "mail", "mindsdb", "monitoring", "services"]),
  );
  expect(rows.filter((row) => row.state !== "running")).toEqual([]);
});

const tasks = () => send(client, workplace, "GET", `/projects/${workplace.projectId}/tasks`);

describe("a task created through the gateway", () => {
  test("is read back through a replica", async () => {
    const { task, reply } = await createTask(client, workplace, "read me back");
    const token = reply.headers["x-consistency-token"];
    const headers: Record<string, string> = typeof token === "string" ? { "x-consistency-token": token } : {};
    const read = await send(client, workplace, "GET", `/tasks/${task.id}`, undefined, headers);
    expect(read.status).toBe(200);
    expect(read.json<{ title: string }>().title).toBe("read me back");
    expect(read.headers["x-served-by"]).toMatch(/^replica/);
  });

  test("gives its attachment back byte for byte", async () => {
    const content = gzipSync(randomBytes(3 * 1024 * 1024));
    const { task } = await createTask(client, workplace, "with an attachment");
    const file = { name: "noise.gz", contentType: "application/gzip", content };
    const { id, state, sha256 } = await attach(client, workplace, task.id, file);
    expect([state, sha256]).toEqual(["checked", createHash("sha256").update(content).digest("hex")]);
    const received = await send(client, workplace, "GET", `/tasks/${task.id}/attachments/${id}/content`);
    expect(received.body.equals(content)).toBe(true);
  });

  test("is served by both instances and counted in Prometheus", async () => {
    for (let n = 0; n < 20; n++) expect((await tasks()).status).toBe(200);
    const route = 'service="api",route="/organisations/:organisationId/projects/:projectId/tasks"';
    const posts = `sum(http_request_duration_seconds_count{${route},method="POST",status="201"}) > 1`;
    expect(await queryUntil(outputs.monitoring.prometheus.url, posts, 60)).toHaveLength(1);
    const instances = `count(count by (instance) (http_request_duration_seconds_count{${route},method="GET"})) == 2`;
    expect(await queryUntil(outputs.monitoring.prometheus.url, instances, 60)).toHaveLength(1);
  });
});

test("every panel's query returns data", async () => {
  const { url } = outputs.monitoring.prometheus;
  for (let round = 0; round < 10; round++) {
    await createTask(client, workplace, `traffic ${round}`);
    for (let n = 0; n < 10; n++) await tasks();
    await new Promise((resolve) => setTimeout(resolve, scrapeInterval * 1000));
  }
  const [labels] = (await query(url, "up")).map((series) => series.metric);
  const empty: string[] = [];
  for (const spec of dashboards) {
    for (const signal of spec.rows.flatMap((row) => row.signals)) {
      for (const { expr } of signal.queries) {
        const asked = panelExpression(expr)
          .replaceAll("$env", labels?.["env"] ?? "")
          .replaceAll("$cluster", labels?.["cluster"] ?? "")
          .replaceAll("$__rate_interval", "1m");
        const result = await query(url, asked);
        if (result.length === 0 && signal.absentWhenHealthy === undefined)
          empty.push(`${spec.noun} | ${signal.title} | ${asked}`);
      }
    }
  }
  expect(empty).toEqual([]);
});

test("no alert fires but the watchdog, and every target answers", async () => {
  const { url } = outputs.monitoring.prometheus;
  const firing = await query(url, 'ALERTS{alertstate="firing"}');
  expect(firing.map((series) => series.metric["alertname"])).toEqual(["Watchdog"]);
  expect(await query(url, "up == 0")).toEqual([]);
});

test("pulumi's own stack export shows the resources", () => {
  const stack = join(project.home, "stacks/purlin-dev");
  const [pulumi] = globSync(join(project.home, "toolchain/pulumi/*/bin/pulumi"));
  const { stdout, stderr } = spawnSync(pulumi ?? "pulumi", ["stack", "export", "--stack", "organization/purlin/dev"], {
    encoding: "utf8",
    env: {
      PATH: process.env["PATH"],
      HOME: project.home,
      PULUMI_HOME: join(project.home, "pulumi-by-hand"),
      PULUMI_BACKEND_URL: `file://${stack}/state`,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(stack, "passphrase"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
  });
  expect(stdout, stderr).toContain("purlin:local:Process");
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { type: string; urn: string }[] } };
  const processes = deployment.resources.filter(({ type }) => type === "purlin:local:Process");
  expect(processes.map(({ urn }) => urn.split("::").at(-1))).toEqual(
    expect.arrayContaining([
      "gateway",
      "postgres-primary",
      "postgres-replica-2",
      "mindsdb",
      "prometheus",
      "auth-2",
      "api-2",
      "realtime-2",
      "worker-2",
    ]),
  );
});

test("a plan right after shows no change", async () => {
  const { changes, resources } = await project.json<{ changes: number; resources: { same: number } }>("plan");
  expect(changes).toBe(0);
  expect(resources.same).toBeGreaterThan(50);
});

test("a second up changes nothing", async () => {
  const before = await project.json<{ rows: { name: string; pid: number }[] }>("status");
  await project.ok("up", "--yes");
  const after = await project.json<{ rows: { name: string; pid: number }[] }>("status");
  expect(after.rows.map(({ name, pid }) => [name, pid])).toEqual(before.rows.map(({ name, pid }) => [name, pid]));
});

describe("down", () => {
  let task: string;

  beforeAll(async () => {
    task = (await createTask(client, workplace, "survives the night")).task.id;
    await project.ok("down");
  });

  test("leaves no process, socket or open file", () => {
    expect(findLeaks(project.home)).toEqual([]);
  });

  test("keeps the data for the next up", async () => {
    await project.ok("up", "--yes");
    expect(await missingTasks(client, workplace, [task])).toEqual([]);
  });

  test("destroy removes everything", async () => {
    await project.ok("destroy", "--confirm=dev");
    expect(findLeaks(project.home)).toEqual([]);
    const status = await project.run("status");
    expect(status.code).not.toBe(0);
  });
});
