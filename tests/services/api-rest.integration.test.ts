import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type Caller, type World } from "./api-data-world.ts";
import { eventually } from "./daemons.ts";
import { startService, migrateService, type RunningService } from "./service.ts";
import { ownerUrl } from "./databases.ts";
import { createSubject, setRole } from "./tenants.ts";

const release = new AsyncDisposableStack();
let world: World;
let second: RunningService;
let owner: Caller;
let project: string;

beforeAll(async () => {
  world = release.use(await startWorld());
  second = release.use(await startService("api", "api-2", world.env));
  ({ owner, projectId: project } = world.ours);
});

afterAll(() => release.disposeAsync());

interface Task {
  id: string;
  number: number;
  title: string;
  version: number;
  status: string;
  completedAt: string | null;
}

interface Page {
  items: (Task & { highlight?: string })[];
  next: string | null;
}

interface ProblemBody {
  code: string;
  errors?: { path: string; message: string }[];
}

const json = async <T>(answer: Response): Promise<T> => (await answer.json()) as T;
const tokenOf = (answer: Response) => ({ "x-consistency-token": answer.headers.get("x-consistency-token") ?? "" });

async function create(title: string, more: object = {}): Promise<{ task: Task; token: Record<string, string> }> {
  const answer = await owner.send("POST", `/projects/${project}/tasks`, { title, ...more });
  expect(answer.status).toBe(201);
  return { task: await json(answer), token: tokenOf(answer) };
}

/** The same request on the second instance. */
async function onSecond(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${second.url}/organisations/${world.ours.organisationId}${path}`, {
    headers: { ...(await owner.headers()), ...headers },
  });
}

async function count(from: string): Promise<number> {
  const [row] = await world.daemons.sqlIn("app", `SELECT count(*)::int AS n FROM ${from}`);
  return Number(row?.["n"]);
}

describe("tasks", () => {
  test("one that is created is read back through the replica, on another instance", async () => {
    const { task, token } = await create("first");
    const answer = await onSecond(`/tasks/${task.id}`, token);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-served-by")).toBe("replica-1");
    expect(await answer.json()).toEqual(task);
  });

  test("numbers are given once each, in order, to any number at once", async () => {
    const made = await Promise.all(Array.from({ length: 40 }, (_, n) => create(`concurrent ${n}`)));
    const numbers = made.map(({ task }) => task.number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, n) => n + (numbers[0] ?? 0)));
  });

  test("done is when it was completed, and not done again is not", async () => {
    const { task } = await create("to do");
    const done = await owner.send("PATCH", `/tasks/${task.id}`, { status: "done" }, { "if-match": '"1"' });
    const after = await json<Task>(done);
    expect([after.status, typeof after.completedAt]).toEqual(["done", "string"]);
    const again = await owner.send("PATCH", `/tasks/${task.id}`, { status: "todo" }, { "if-match": '"2"' });
    expect((await json<Task>(again)).completedAt).toBeNull();
  });

  test("an assignee is a member", async () => {
    const stranger = await createSubject(world.daemons, "Stranger");
    const refused = await owner.send("POST", `/projects/${project}/tasks`, { title: "x", assigneeId: stranger });
    expect((await json<ProblemBody>(refused)).errors).toEqual([
      { path: "body.assigneeId", message: "is not a member" },
    ]);
    await create("mine", { assigneeId: owner.id });
  });

  test("an archived project takes no more of them, until it is brought back", async () => {
    const made = await owner.send("POST", "/projects", { key: "OLD", name: "Old" });
    const { id } = await json<{ id: string }>(made);
    const archived = await owner.send("PATCH", `/projects/${id}`, { archived: true }, { "if-match": '"1"' });
    expect(await archived.json()).toMatchObject({ archivedAt: expect.any(String) as string, version: 2 });
    expect((await owner.send("POST", `/projects/${id}/tasks`, { title: "late" })).status).toBe(409);
    await owner.send("PATCH", `/projects/${id}`, { archived: false }, { "if-match": '"2"' });
    expect((await owner.send("POST", `/projects/${id}/tasks`, { title: "in time" })).status).toBe(201);
  });

  test("deleting a project deletes what is in it, and tells", async () => {
    const { id } = await json<{ id: string }>(await owner.send("POST", "/projects", { key: "GONE", name: "Gone" }));
    await owner.send("POST", `/projects/${id}/tasks`, { title: "with it" });
    expect((await owner.send("DELETE", `/projects/${id}`, undefined, { "if-match": '"1"' })).status).toBe(204);
    expect(await count(`tasks WHERE project_id = '${id}'`)).toBe(0);
    expect(await count(`platform.outbox WHERE type = 'project.deleted' AND entity_id = '${id}'`)).toBe(1);
  });
});

describe("versions", () => {
  test("a change needs the version that was seen, and fails when it is not that any more", async () => {
    const { task } = await create("contested");
    const change = (headers: Record<string, string>) =>
      owner.send("PATCH", `/tasks/${task.id}`, { title: "mine" }, headers);
    expect((await change({})).status).toBe(428);
    const won = await change({ "if-match": '"1"' });
    expect([won.status, won.headers.get("etag")]).toEqual([200, '"2"']);
    expect((await change({ "if-match": '"1"' })).status).toBe(412);
    expect((await owner.send("DELETE", `/tasks/${task.id}`, undefined, { "if-match": '"1"' })).status).toBe(412);
    expect((await owner.send("DELETE", `/tasks/${task.id}`, undefined, { "if-match": '"2"' })).status).toBe(204);
  });

  test("of many who change the same version at once one wins", async () => {
    const { task } = await create("race");
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        owner.send("PATCH", `/tasks/${task.id}`, { title: `${n}` }, { "if-match": '"1"' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
  });

  test("what the client has is not sent again", async () => {
    const { task, token } = await create("known");
    const known = await owner.send("GET", `/tasks/${task.id}`, undefined, { ...token, "if-none-match": 'W/"1"' });
    expect([known.status, known.headers.get("etag"), await known.text()]).toEqual([304, '"1"', ""]);
    expect((await owner.send("GET", `/tasks/${task.id}`, undefined, { ...token, "if-none-match": '"0"' })).status).toBe(
      200,
    );
  });
});

describe("idempotency keys", () => {
  const key = () => ({ "idempotency-key": randomUUID() });
  const post = (title: string, headers: Record<string, string>) =>
    owner.send("POST", `/projects/${project}/tasks`, { title }, headers);

  test("the same request has one effect and the same answer, also when it is sent many times at once", async () => {
    const headers = key();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post("once", headers)));
    const bodies = await Promise.all(answers.map((answer) => json<Task>(answer)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("idempotency-replayed") === "true")).toHaveLength(9);
    expect(await count("tasks WHERE title = 'once'")).toBe(1);
    expect(await count(`platform.outbox WHERE type = 'task.created' AND entity_id = '${bodies[0]?.id ?? ""}'`)).toBe(1);
  });

  test("another request with the key is refused, and one that failed may be sent again", async () => {
    const headers = key();
    expect((await owner.send("POST", `/projects/${randomUUID()}/tasks`, { title: "a" }, headers)).status).toBe(404);
    expect((await post("a", headers)).status).toBe(201);
    expect((await post("b", headers)).status).toBe(422);
    expect((await post("c", { "idempotency-key": "with space" })).status).toBe(400);
  });

  test("a key belongs to its subject", async () => {
    const headers = key();
    await post("mine", headers);
    const other = await world.theirs.owner.send(
      "POST",
      `/projects/${world.theirs.projectId}/tasks`,
      { title: "theirs" },
      headers,
    );
    expect([other.status, (await json<Task>(other)).title]).toEqual([201, "theirs"]);
  });
});

describe("lists", () => {
  test("pages follow each other without gap or repeat in every order, while others are added", async () => {
    const { id } = await json<{ id: string }>(await owner.send("POST", "/projects", { key: "PAGES", name: "Pages" }));
    const made: string[] = [];
    for (let n = 0; n < 9; n++) {
      const more = { title: `page ${n}`, priority: n % 3, ...(n % 4 !== 0 && { dueOn: `2027-01-0${1 + (n % 2)}` }) };
      made.push((await json<Task>(await owner.send("POST", `/projects/${id}/tasks`, more))).id);
    }
    for (const sort of ["created", "-created", "updated", "-updated", "due", "-due", "priority", "-priority"]) {
      const seen: string[] = [];
      let next: string | null = "";
      while (next !== null) {
        const from: string = next === "" ? "" : `&cursor=${next}`;
        const page: Page = await json(await owner.send("GET", `/projects/${id}/tasks?limit=2&sort=${sort}${from}`));
        seen.push(...page.items.map((item) => item.id));
        next = page.next;
      }
      expect(seen.toSorted(), sort).toEqual(made.toSorted());
    }
    const other = await json<Page>(await owner.send("GET", `/projects/${id}/tasks?limit=2&sort=due`));
    expect((await owner.send("GET", `/projects/${id}/tasks?sort=priority&cursor=${other.next ?? ""}`)).status).toBe(
      400,
    );
  });

  test("filters narrow, alone and together", async () => {
    const { task } = await create("filtered", {
      status: "in_progress",
      priority: 3,
      assigneeId: owner.id,
      dueOn: "2031-05-05",
      estimate: 2.5,
    });
    const ids = async (query: string) =>
      (await json<Page>(await owner.send("GET", `/tasks?limit=100&${query}`))).items.map(({ id }) => id);
    for (const query of [
      "status=in_progress,done&priority=3",
      `assigneeId=${owner.id}`,
      "dueAfter=2031-05-04&dueBefore=2031-05-06",
      "updatedSince=2020-01-01T00:00:00Z",
    ]) {
      expect(await ids(query), query).toContain(task.id);
    }
    for (const query of [
      "status=todo&priority=3",
      "assigneeId=none",
      "dueAfter=2031-05-05",
      "updatedSince=2120-01-01T00:00:00%2B01:00",
    ]) {
      expect(await ids(query), query).not.toContain(task.id);
    }
  });

  test("search finds words of titles before those of descriptions, marks them, and shows no markup of anybody's", async () => {
    const { task: inText } = await create("something else", { description: "<p>about a <b>wombat</b></p>" });
    const { task: inTitle } = await create("A wombat <script>alert(1)</script>");
    const found = await json<Page>(await owner.send("GET", "/tasks?q=wombats"));
    expect(found.items.map(({ id }) => id)).toEqual([inTitle.id, inText.id]);
    expect(found.items[0]?.highlight).toBe("A <mark>wombat</mark> &lt;script&gt;alert(1)&lt;/script&gt;");
    const second = await json<Page>(await owner.send("GET", "/tasks?q=wombats&limit=1"));
    const rest = await json<Page>(await owner.send("GET", `/tasks?q=wombats&limit=1&cursor=${second.next ?? ""}`));
    expect(rest.items.map(({ id }) => id)).toEqual([inText.id]);
    expect((await json<Page>(await owner.send("GET", "/tasks?q=%22%27%3B--%20%26%20%7C"))).items).toEqual([]);
    expect((await owner.send("GET", "/tasks?sort=relevance")).status).toBe(400);
  });

  test("fields are the ones asked for", async () => {
    const { task, token } = await create("sparse");
    const one = await json<object>(await owner.send("GET", `/tasks/${task.id}?fields=title,number`, undefined, token));
    expect(Object.keys(one).sort()).toEqual(["id", "number", "title"]);
    const list = await json<Page>(await owner.send("GET", "/tasks?fields=title&limit=1"));
    expect(Object.keys(list.items[0] ?? {}).sort()).toEqual(["id", "title"]);
    const wrong = await owner.send("GET", "/tasks?fields=title,secret");
    expect((await json<ProblemBody>(wrong)).errors?.[0]?.message).toContain("secret");
  });

  test("a list is cached, and a write through another instance outdates it at once", async () => {
    await owner.send("GET", "/tasks?limit=3");
    const cached = await owner.send("GET", "/tasks?limit=3");
    expect(cached.headers.get("x-served-by")).toBe("cache");
    const written = await fetch(`${second.url}/organisations/${world.ours.organisationId}/projects/${project}/tasks`, {
      method: "POST",
      headers: { ...(await owner.headers()), "content-type": "application/json" },
      body: JSON.stringify({ title: "seen by both" }),
    });
    const { id } = await json<Task>(written);
    const list = await owner.send("GET", "/tasks?limit=3");
    expect((await json<Page>(list)).items[0]?.id).toBe(id);
    expect(list.headers.get("x-served-by")).not.toBe("cache");
  });

  test("of one organisation never shows another's, whoever asked first", async () => {
    const [ours, theirs] = [await create("only ours"), world.theirs];
    for (const path of ["/tasks?limit=100", "/projects?limit=100", "/activity?limit=100"]) {
      const texts = await Promise.all([owner, theirs.owner].map(async (one) => (await one.send("GET", path)).text()));
      expect(texts[1]).not.toContain(ours.task.id);
      expect(texts[1]).not.toContain(project);
    }
  });
});

describe("read-your-writes", () => {
  test("a replica that has not replayed the write is passed over, for the primary; without a token it serves", async () => {
    await world.daemons.sql("replica", "SELECT pg_wal_replay_pause()");
    try {
      const { task, token } = await create("ahead of the replica");
      const fresh = await owner.send("GET", `/tasks/${task.id}`, undefined, token);
      expect([fresh.status, fresh.headers.get("x-served-by")]).toEqual([200, "primary"]);
      const stale = await owner.send("GET", `/tasks/${task.id}`);
      expect([stale.status, stale.headers.get("x-served-by")]).toEqual([404, null]);
      const cookie = { cookie: `a=b; __Host-consistency=${token["x-consistency-token"] ?? ""}` };
      expect((await owner.send("GET", `/tasks/${task.id}`, undefined, cookie)).headers.get("x-served-by")).toBe(
        "primary",
      );
      const list = await json<Page>(await owner.send("GET", "/tasks?limit=2"));
      expect(list.items[0]?.id).toBe(task.id); // the list's version demands the write, also of who has no token
    } finally {
      await world.daemons.sql("replica", "SELECT pg_wal_replay_resume()");
    }
  });
});

describe("comments and activity", () => {
  test("only its author changes a comment; who manages projects may delete it; all is in the feed", async () => {
    const member = await createSubject(world.daemons, "Member");
    await setRole(world.daemons, world.ours.organisationId, member, "member");
    const { task, token } = await create("discussed");
    const headers = { ...(await world.issuer.bearer(member)), "content-type": "application/json" };
    const at = `${world.api.url}/organisations/${world.ours.organisationId}/tasks/${task.id}/comments`;
    const made = await fetch(at, {
      method: "POST",
      headers,
      body: JSON.stringify({ body: "<p>hello<script>x</script></p>" }),
    });
    const comment = await json<{ id: string; body: string }>(made);
    expect(comment.body).toBe("<p>hello</p>");
    const path = `/tasks/${task.id}/comments/${comment.id}`;
    expect((await owner.send("PATCH", path, { body: "not mine" }, { "if-match": '"1"' })).status).toBe(403);
    const changed = await fetch(`${at}/${comment.id}`, {
      method: "PATCH",
      headers: { ...headers, "if-match": '"1"' },
      body: JSON.stringify({ body: "<p>bye</p>" }),
    });
    expect(changed.status).toBe(200);
    expect((await owner.send("DELETE", path, undefined, { "if-match": '"2"' })).status).toBe(204);
    const feed = await owner.send("GET", `/activity?taskId=${task.id}`, undefined, token);
    const types = (await json<{ items: { type: string }[] }>(feed)).items.map(({ type }) => type);
    expect(types).toEqual(["comment.deleted", "comment.updated", "comment.created", "task.created"]);
  });

  test("what changed is told by field", async () => {
    const { task } = await create("before");
    const changed = await owner.send(
      "PATCH",
      `/tasks/${task.id}`,
      { title: "after", priority: 1 },
      { "if-match": '"1"' },
    );
    const feed = await owner.send("GET", `/activity?taskId=${task.id}`, undefined, tokenOf(changed));
    const [latest] = (await json<{ items: { changes: object }[] }>(feed)).items;
    expect(latest?.changes).toEqual({ title: { from: "before", to: "after" } });
  });
});

describe("the forecast", () => {
  test("is there before there is one, and when the model cannot be asked", async () => {
    const first = await owner.send("GET", "/forecast");
    expect(await first.json()).toEqual({
      status: "training",
      computedAt: null,
      ageSeconds: null,
      models: [],
      weeks: [],
    });
    const { organisationId } = world.theirs;
    await world.daemons.sqlIn(
      "app",
      `INSERT INTO forecast_models (organisation_id, kind, state, model, mae, naive_mae, held_out_weeks, trained_at, unavailable_since)
       VALUES ('${organisationId}', 'completed', 'ready', 'learnt', 1.5, 3, 8, now() - interval '2 hours', now());
       INSERT INTO forecasts (organisation_id, kind, week, value, naive_value, working_days) VALUES ('${organisationId}', 'completed', '2031-01-06', 7.5, 6, 4)`,
    );
    await eventually(async () => {
      const answer = await json<{ status: string; ageSeconds: number }>(
        await world.theirs.owner.send("GET", "/forecast"),
      );
      expect(answer).toMatchObject({
        status: "unavailable",
        weeks: [{ week: "2031-01-06", value: 7.5, naiveValue: 6, workingDays: 4 }],
        models: [{ mae: 1.5, naiveMae: 3 }],
      });
      expect(answer.ageSeconds).toBeGreaterThan(7100);
    });
  });
});

describe("hostile input", () => {
  const send = async (body: string, type = "application/json") =>
    fetch(`${world.api.url}/organisations/${world.ours.organisationId}/projects/${project}/tasks`, {
      method: "POST",
      headers: { ...(await owner.headers()), "content-type": type },
      body,
    });

  test.each([
    ["bad JSON", "{", 400, "malformed_body"],
    ["no object", "[]", 400, "invalid_request"],
    ["nothing", "", 400, "invalid_request"],
    ["a huge body", JSON.stringify({ title: "x", description: "y".repeat(400_000) }), 413, "body_too_large"],
    ["a NUL", JSON.stringify({ title: "a\0b" }), 400, "invalid_request"],
    ["half a surrogate pair", '{"title":"\\ud800"}', 400, "invalid_request"],
    ["a prototype", '{"title":"x","__proto__":{"admin":true}}', 400, "invalid_request"],
    ["a line break in a title", JSON.stringify({ title: "a\nb" }), 400, "invalid_request"],
    ["another type", "title=x", 415, "unsupported_media_type"],
  ])("%s is answered with problem+json", async (name, body, status, code) => {
    const answer = await send(body, name === "another type" ? "application/x-www-form-urlencoded" : undefined);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const problem = await json<ProblemBody>(answer);
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem)).not.toMatch(/at .*\.(ts|js):|node_modules/);
  });

  test("every problem is told at once", async () => {
    const answer = await send(JSON.stringify({ title: 5, description: false, extra: 1 }));
    const { errors } = await json<ProblemBody>(answer);
    expect(errors?.map(({ path }) => path).sort()).toEqual(["body.description", "body.extra", "body.title"]);
  });

  test("unknown paths are 404; known paths with another method are 405 and name the right ones", async () => {
    expect((await fetch(`${world.api.url}/nothing`)).status).toBe(404);
    const answer = await owner.send("PUT", "/tasks");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("observability", () => {
  test("a request id is taken over, or replaced when it is not harmless, and is in the log line", async () => {
    const kept = await owner.send("GET", "/tasks", undefined, { "x-request-id": "from-the-gateway.1" });
    expect(kept.headers.get("x-request-id")).toBe("from-the-gateway.1");
    const replaced = await owner.send("GET", "/tasks", undefined, { "x-request-id": "a b" });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await expect
      .poll(() => world.api.logs().find(({ requestId }) => requestId === "from-the-gateway.1")?.["route"], {
        timeout: 5000,
      })
      .toBe("/organisations/:organisationId/tasks");
  });

  test("metrics count by route template, and show pools and dependencies", async () => {
    const { task } = await create("counted");
    await owner.send("GET", `/tasks/${task.id}`);
    const text = await (await fetch(`${world.api.internalUrl}/metrics`)).text();
    expect(text).toMatch(
      /http_request_duration_seconds_bucket\{le="0.3",service="api",method="GET",route="\/organisations\/:organisationId\/tasks\/:taskId",status="200"\} [1-9]/,
    );
    expect(text).not.toContain(task.id);
    expect(text).toMatch(/pg_pool_total_count\{node="replica-1"\} [1-9]/);
    expect(text).toMatch(
      /dependency_request_duration_seconds_count\{service="api",target="postgres",result="ok"\} [1-9]/,
    );
    expect(text).toMatch(/purlin_build_info\{service="api",version="0.1.0"\} 1/);
  });

  test("the gateway's question is answered to the gateway, not to its clients", async () => {
    expect((await fetch(`${world.api.url}/healthz`)).status).toBe(200);
    const through = await fetch(`${world.api.url}/healthz`, { headers: { "x-forwarded-host": "localhost" } });
    expect(through.status).toBe(404);
  });

  test("the reference page and its parts are there, under a policy that lets nothing else in", async () => {
    const page = await fetch(`${world.api.url}/reference`);
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    const html = await page.text();
    expect(html).not.toMatch(/<script>|style=/);
    for (const [, path = ""] of html.matchAll(/(?:src|href)="(reference\/[^"]+)"/g)) {
      expect((await fetch(`${world.api.url}/${path}`)).status, path).toBe(200);
    }
    const home = await fetch(`${world.api.url}/`, { redirect: "manual", headers: { "x-forwarded-prefix": "/api" } });
    expect(home.headers.get("location")).toBe("/api/reference");
  });
});

test("migrations: two at once and once more, the second waits and finds nothing to do", async () => {
  const before = await count("api_migrations");
  const env = { POSTGRES_OWNER_URL: ownerUrl(world.daemons, "app") };
  await Promise.all([migrateService("api", env), migrateService("api", env)]);
  expect(await count("api_migrations")).toBe(before);
});
