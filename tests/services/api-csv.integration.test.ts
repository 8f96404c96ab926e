import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";
import { eventually } from "./daemons.ts";
import { startService } from "./service.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Report {
  state: string;
  rows: number;
  created: number;
  failed: number;
  errors: { line: number; path: string; message: string }[];
  failure: string | null;
}

const csv = { "content-type": "text/csv" };

async function newProject(): Promise<string> {
  const key = `P${randomUUID().replaceAll("-", "").slice(0, 8).toUpperCase()}`;
  const answer = await world.ours.owner.send("POST", "/projects", { key, name: "imported" });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

const at = (projectId: string, id: string) => `/projects/${projectId}/imports/${id}`;

function put(projectId: string, body: string | Buffer, id = randomUUID()): Promise<Response> {
  return world.ours.owner.send("PUT", at(projectId, id), Buffer.from(body), csv);
}

async function titles(projectId: string): Promise<string[]> {
  const found = await world.daemons.sqlIn(
    "app",
    `SELECT title FROM tasks WHERE project_id = '${projectId}' ORDER BY number`,
  );
  return found.map((row) => String(row["title"]));
}

async function report(projectId: string, id: string): Promise<Report> {
  const [found] = await world.daemons.sqlIn(
    "app",
    `SELECT state, row_count AS rows, created_count AS created, error_count AS failed, errors, failure FROM imports
     WHERE project_id = '${projectId}' AND id = '${id}'`,
  );
  return found as unknown as Report;
}

/** Begins an import and leaves after `text`, without ever ending the body. */
async function hangUp(projectId: string, id: string, text: string, when: () => Promise<void>): Promise<void> {
  const url = `${world.api.url}/organisations/${world.ours.organisationId}${at(projectId, id)}`;
  const sending = request(url, { method: "PUT", headers: { ...(await world.ours.owner.headers()), ...csv } });
  sending.on("error", () => undefined);
  sending.write(text);
  await when();
  sending.destroy();
}

/** Rows long enough that a few hundred do not arrive as one. */
const lines = (count: number, from = 1) =>
  Array.from({ length: count }, (_, n) => `row ${from + n}${" ".repeat(280)}\n`).join("");

describe("import", () => {
  test("makes tasks of rows, by the rules of every task; tells which rows it could not, and why", async () => {
    const projectId = await newProject();
    const body = [
      "\ufefftitle,description,status,priority,dueOn,estimate,assigneeId",
      '"one, with a comma","<script>x</script><p>kept</p>",done,3,2030-01-31,2.5,',
      "two,,,,,,",
      ",no title,,,,,",
      "bad status,,sleeping,,,,",
      "bad number,,,high,,,",
      "bad day,,,,2030-02-31,,",
      `stranger,,,,,,${world.theirs.owner.id}`,
      `mine,,,,,,${world.ours.viewer.id}`,
    ].join("\r\n");
    const answer = await put(projectId, body);
    expect(answer.status).toBe(200);
    const found = (await answer.json()) as Report;
    expect(found).toMatchObject({ state: "finished", rows: 8, created: 3, failed: 5 });
    expect(found.errors.map(({ line, path }) => [line, path])).toEqual([
      [4, "title"],
      [5, "status"],
      [6, "priority"],
      [7, "dueOn"],
      [8, "assigneeId"],
    ]);
    expect(await titles(projectId)).toEqual(["one, with a comma", "two", "mine"]);
    const [first] = await world.daemons.sqlIn(
      "app",
      `SELECT * FROM tasks WHERE project_id = '${projectId}' AND number = 1`,
    );
    expect(first).toMatchObject({ description: "<p>kept</p>", status: "done", priority: 3, estimate: "2.50" });
  });

  test("each task is told of like any other, and the import itself", async () => {
    const projectId = await newProject();
    const id = randomUUID();
    await put(projectId, "title\na\nb\n", id);
    const events = await world.daemons.sqlIn(
      "app",
      `SELECT type FROM platform.outbox WHERE project_id = '${projectId}' ORDER BY id`,
    );
    expect(events.map(({ type }) => type)).toEqual([
      "project.created",
      "import.requested",
      "task.created",
      "task.created",
      "import.finished",
    ]);
  });

  test("a list that was cached before shows what was imported", async () => {
    const projectId = await newProject();
    const list = () => world.ours.owner.send("GET", `/projects/${projectId}/tasks`);
    await list();
    await list();
    await put(projectId, "title\nfresh\n");
    const { items } = (await (await list()).json()) as { items: { title: string }[] };
    expect(items.map(({ title }) => title)).toEqual(["fresh"]);
  });

  test.each<[string, string | Buffer, number, string]>([
    ["a header without title", "name\na\n", 400, "invalid_request"],
    ["a column twice", "title,title\na,b\n", 400, "invalid_request"],
    ["a quote that is never closed", 'title\n"a\n', 400, "malformed_body"],
    ["a field without end", `title\n"${"a".repeat(100_000)}`, 400, "malformed_body"],
    ["bytes that are no UTF-8", Buffer.from([...Buffer.from("title\n"), 0xff, 0x0a]), 400, "malformed_body"],
    ["nothing", "", 400, "invalid_request"],
  ])("%s is refused", async (_, body, status, code) => {
    const projectId = await newProject();
    const answer = await put(projectId, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
    expect(await titles(projectId)).toEqual([]);
  });

  test("anything but text/csv is refused", async () => {
    const projectId = await newProject();
    const path = at(projectId, randomUUID());
    expect((await world.ours.owner.send("PUT", path, { title: "x" })).status).toBe(415);
    expect((await world.ours.owner.send("PUT", path)).status).toBe(415);
  });

  test("into a project that is archived, or none: a problem, and no task", async () => {
    expect((await put(randomUUID(), "title\na\n")).status).toBe(404);
    const projectId = await newProject();
    await world.daemons.sqlIn("app", `UPDATE projects SET archived_at = now() WHERE id = '${projectId}'`);
    expect((await put(projectId, "title\na\n")).status).toBe(409);
    expect(await titles(projectId)).toEqual([]);
  });
});

describe("an import that is cut off", () => {
  test("by its client: what was done stays done, and sending it again goes on behind it", async () => {
    const [projectId, id] = [await newProject(), randomUUID()];
    await hangUp(projectId, id, `title\n${lines(250)}`, () =>
      eventually(async () => expect((await report(projectId, id)).rows).toBe(200)),
    );
    await eventually(async () => expect((await report(projectId, id)).state).toBe("interrupted"));
    expect(await titles(projectId)).toHaveLength(200);
    const answer = await put(projectId, `title\n${lines(350)}`, id);
    expect(await answer.json()).toMatchObject({ state: "finished", rows: 350, created: 350 });
    expect(await titles(projectId)).toEqual(Array.from({ length: 350 }, (_, n) => `row ${n + 1}`));
  });

  test("by a mistake in the file: once that is mended, it goes on", async () => {
    const [projectId, id] = [await newProject(), randomUUID()];
    expect((await put(projectId, `title\n${lines(1500)}a"b\n${lines(10, 1501)}`, id)).status).toBe(400);
    const { state, rows } = await report(projectId, id);
    expect(state).toBe("interrupted");
    expect(rows).toBeGreaterThan(0);
    expect((await put(projectId, `title\n${lines(1510)}`, id)).status).toBe(200);
    expect(await titles(projectId)).toEqual(Array.from({ length: 1510 }, (_, n) => `row ${n + 1}`));
  });

  test("by a kill of the process, again and again: every row once", async () => {
    const [projectId, id] = [await newProject(), randomUUID()];
    const body = Buffer.from(`title\n${lines(6000)}`);
    let kills = 0;
    for (;;) {
      const instance = await startService("api", "api-killed", world.env);
      const url = `${instance.url}/organisations/${world.ours.organisationId}${at(projectId, id)}`;
      const sending = fetch(url, { method: "PUT", body, headers: { ...(await world.ours.owner.headers()), ...csv } });
      const before = kills < 3 ? (((await report(projectId, id)) as Report | undefined)?.rows ?? 0) : undefined;
      if (before !== undefined) {
        await eventually(async () => expect((await report(projectId, id)).rows).toBeGreaterThan(before));
        await Promise.all([instance.stop("SIGKILL"), expect(sending).rejects.toThrow()]);
        kills++;
        continue;
      }
      expect(await (await sending).json()).toMatchObject({ state: "finished", rows: 6000, created: 6000 });
      await instance.stop("SIGKILL");
      break;
    }
    expect(await titles(projectId)).toEqual(Array.from({ length: 6000 }, (_, n) => `row ${n + 1}`));
    const events = await world.daemons.sqlIn(
      "app",
      `SELECT count(*)::int AS n FROM platform.outbox WHERE project_id = '${projectId}' AND type = 'task.created'`,
    );
    expect(events).toEqual([{ n: 6000 }]);
  });

  test("a finished one sent again does nothing; another file under its id is a conflict", async () => {
    const [projectId, id] = [await newProject(), randomUUID()];
    await put(projectId, "title\na\n", id);
    expect(await (await put(projectId, "title\na\n", id)).json()).toMatchObject({ state: "finished", created: 1 });
    expect(await titles(projectId)).toEqual(["a"]);
    const other = randomUUID();
    expect((await put(projectId, `title\n${lines(1500)}a"b\n`, other)).status).toBe(400);
    expect((await put(projectId, `title\nchanged\n${lines(1600)}`, other)).status).toBe(409);
    expect((await put(projectId, `title\n${lines(5)}`, other)).status).toBe(409);
  });

  test("two requests with the same import at once: every row once", async () => {
    const [projectId, id] = [await newProject(), randomUUID()];
    const body = `title\n${lines(450)}`;
    const answers = await Promise.all([put(projectId, body, id), put(projectId, body, id), put(projectId, body, id)]);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await put(projectId, body, id)).status).toBe(200);
    expect(await titles(projectId)).toHaveLength(450);
  });
});

describe("export", () => {
  test("what is exported comes back by import as it was; formulas are text, Excel finds its mark", async () => {
    const projectId = await newProject();
    const odd = ["=HYPERLINK(1)", "+1", "-1", "@x", "'=1", 'plain, "quoted"', "ümlaut 👩‍👧"];
    for (const title of odd)
      await world.ours.owner.send("POST", `/projects/${projectId}/tasks`, {
        title,
        estimate: 1.5,
        dueOn: "2031-12-31",
      });
    const last = await world.ours.owner.send("POST", `/projects/${projectId}/tasks`, { title: "last" });
    const token = { "x-consistency-token": last.headers.get("x-consistency-token") ?? "" };
    const answer = await world.ours.owner.send(
      "GET",
      `/exports/tasks.csv?projectId=${projectId}&bom=true`,
      undefined,
      token,
    );
    expect(answer.headers.get("content-type")).toMatch(/^text\/csv; charset=utf-8/);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="tasks.csv"');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    for (const line of bytes.toString().split("\r\n"))
      for (const cell of line.split(",")) expect(cell).not.toMatch(/^"?[=+@\t]/);
    const copy = await newProject();
    expect(await (await put(copy, bytes)).json()).toMatchObject({ created: odd.length + 1, failed: 0 });
    expect(await titles(copy)).toEqual([...odd, "last"]);
    const [row] = await world.daemons.sqlIn(
      "app",
      `SELECT estimate, due_on::text FROM tasks WHERE project_id = '${copy}' AND number = 1`,
    );
    expect(row).toEqual({ estimate: "1.50", due_on: "2031-12-31" });
  });

  test("is only of the caller's organisation, and for who may", async () => {
    const { owner, organisationId } = world.theirs;
    const text = await (await owner.send("GET", "/exports/tasks.csv")).text();
    expect(text).toContain("Theirs task");
    expect(text).not.toContain("Ours task");
    expect((await owner.send("GET", `/exports/tasks.csv?projectId=${world.ours.projectId}`)).status).toBe(404);
    expect((await world.ours.viewer.send("GET", "/exports/tasks.csv")).status).toBe(403);
    const foreign = `${world.api.url}/organisations/${organisationId}/exports/tasks.csv`;
    expect((await fetch(foreign, { headers: await world.ours.owner.headers() })).status).toBe(404);
    expect(
      (await owner.send("PUT", at(world.ours.projectId, randomUUID()), Buffer.from("title\na\n"), csv)).status,
    ).toBe(404);
    expect(
      (await world.ours.viewer.send("PUT", at(world.ours.projectId, randomUUID()), Buffer.from("title\na\n"), csv))
        .status,
    ).toBe(403);
  });
});
