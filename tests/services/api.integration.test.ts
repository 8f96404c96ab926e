import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateApi, prepare, startApi, storedObjects, type Api } from "./api.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let api: Api;
let second: Api;

beforeAll(async () => {
  daemons = await startDaemons();
  release.defer(daemons.stop);
  await prepare(daemons);
  [api, second] = await Promise.all([startApi(daemons, "api-1"), startApi(daemons, "api-2")]);
  for (const one of [api, second]) release.use(one);
});

afterAll(() => release.disposeAsync());

interface RecordBody {
  id: string;
  title: string;
  attachments: AttachmentBody[];
}

interface AttachmentBody {
  id: string;
  name: string;
  size: number;
  sha256: string;
  contentType: string;
}

interface ProblemBody {
  code: string;
  requestId: string;
  errors?: { path: string; message: string }[];
}

function post(path: string, body: unknown, headers: Record<string, string> = {}, on = api): Promise<Response> {
  const json = { "content-type": "application/json", ...headers };
  return fetch(on.url + path, {
    method: "POST",
    headers: json,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function create(title: string): Promise<{ id: string; token: string }> {
  const answer = await post("/records", { title });
  expect(answer.status).toBe(201);
  const { id } = (await answer.json()) as RecordBody;
  return { id, token: answer.headers.get("x-consistency-token") ?? "" };
}

function get(path: string, token?: string, on = api): Promise<Response> {
  return fetch(on.url + path, token === undefined ? {} : { headers: { "x-consistency-token": token } });
}

function upload(id: string, bytes: Uint8Array<ArrayBuffer>, name: string, type = "text/plain"): Promise<Response> {
  const form = new FormData();
  form.append("file", new Blob([bytes], { type }), name);
  return fetch(`${api.url}/records/${id}/attachments`, { method: "POST", body: form });
}

async function rows(table: string): Promise<number> {
  const [row] = await daemons.sqlIn("app", `SELECT count(*)::int AS n FROM ${table}`);
  return Number(row?.["n"]);
}

describe("records", () => {
  test("a created record is read back through the replica", async () => {
    const { id, token } = await create("first");
    const answer = await get(`/records/${id}`, token, second);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-served-by")).toBe("replica-1");
    expect(await answer.json()).toMatchObject({ id, title: "first", attachments: [] });
  });

  test("pages follow each other without gap or repeat, newest first", async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await create(`page ${n}`)).id);
    const seen: string[] = [];
    let next: string | undefined;
    const { token } = await create("newest");
    do {
      const answer = await get(`/records?limit=2${next === undefined ? "" : `&cursor=${next}`}`, token);
      const page = (await answer.json()) as { items: RecordBody[]; next?: string };
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    } while (next !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(1, 6)).toEqual(made);
    expect(seen.length).toBe(await rows("records"));
  });

  test("a list is cached, and a write through another instance outdates it at once", async () => {
    await get("/records");
    expect((await get("/records")).headers.get("x-served-by")).toBe("cache");
    const answer = await post("/records", { title: "seen by both" }, {}, second);
    const { id } = (await answer.json()) as RecordBody;
    const list = await get("/records");
    const { items } = (await list.json()) as { items: RecordBody[] };
    expect(items[0]?.id).toBe(id);
    expect(list.headers.get("x-served-by")).not.toBe("cache");
  });

  test("concurrent creates are all kept, each with an id of its own", async () => {
    const before = await rows("records");
    const made = await Promise.all(Array.from({ length: 60 }, (_, n) => create(`concurrent ${n}`)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(60);
    expect(await rows("records")).toBe(before + 60);
  });

  test("deleting a record removes its attachments and their objects", async () => {
    const { id } = await create("short-lived");
    expect((await upload(id, randomBytes(1000), "a.txt")).status).toBe(201);
    const answer = await fetch(`${api.url}/records/${id}`, { method: "DELETE" });
    expect(answer.status).toBe(204);
    expect((await get(`/records/${id}`, answer.headers.get("x-consistency-token") ?? "")).status).toBe(404);
    expect((await storedObjects(daemons)).filter((key) => key.includes(id))).toEqual([]);
  });
});

describe("read-your-writes", () => {
  test("a replica that has not replayed the write is passed over, for the primary; without a token it serves", async () => {
    await daemons.sql("replica", "SELECT pg_wal_replay_pause()");
    try {
      const { id, token } = await create("ahead of the replica");
      const fresh = await get(`/records/${id}`, token);
      expect(fresh.status).toBe(200);
      expect(fresh.headers.get("x-served-by")).toBe("primary");
      const stale = await get(`/records/${id}`);
      expect(stale.status).toBe(404);
      expect(stale.headers.get("x-served-by")).toBe("replica-1");
      const cookie = await fetch(`${api.url}/records/${id}`, { headers: { cookie: `a=b; consistency=${token}` } });
      expect(cookie.headers.get("x-served-by")).toBe("primary");
      const { items } = (await (await get("/records")).json()) as { items: RecordBody[] };
      expect(items[0]?.id).toBe(id); // the list's version demands the write, also of who has no token
    } finally {
      await daemons.sql("replica", "SELECT pg_wal_replay_resume()");
    }
  });

  test("a token that is none is ignored", async () => {
    const { id, token } = await create("token");
    await get(`/records/${id}`, token);
    expect((await get(`/records/${id}`, "' OR 1=1 --")).status).toBe(200);
  });
});

describe("attachments", () => {
  test.each([
    ["small", 10],
    ["empty", 0],
    ["larger than one part", 6 * 1024 * 1024 + 17],
  ])("%s: comes back byte for byte, as a download", async (_, size) => {
    const bytes = randomBytes(size);
    const { id } = await create("with a file");
    const made = await upload(id, bytes, "Übersicht.html", "text/html");
    expect(made.status).toBe(201);
    const file = (await made.json()) as AttachmentBody;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(file).toMatchObject({ name: "Übersicht.html", size, sha256, contentType: "text/html" });
    const answer = await get(`/records/${id}/attachments/${file.id}`, made.headers.get("x-consistency-token") ?? "");
    expect(answer.headers.get("content-type")).toBe("text/html");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-disposition")).toBe(
      `attachment; filename="_bersicht.html"; filename*=UTF-8''%C3%9Cbersicht.html`,
    );
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test.each([
    ["../../etc/passwd", "passwd"],
    ["..\\..\\windows\\win.ini", "win.ini"],
    ["..", "file"],
  ])("the name %j is stored as %j and is no part of the key", async (sent, kept) => {
    const { id } = await create("traversal");
    const file = (await (await upload(id, randomBytes(3), sent)).json()) as AttachmentBody;
    expect(file.name).toBe(kept);
    expect((await storedObjects(daemons)).filter((key) => key.startsWith(`records/${id}/`))).toHaveLength(1);
  });

  test("a file past the limit is refused and leaves neither row nor object", async () => {
    const { id } = await create("too large");
    const answer = await upload(id, randomBytes(8 * 1024 * 1024 + 1), "big.bin");
    expect(answer.status).toBe(413);
    expect(((await answer.json()) as ProblemBody).code).toBe("body_too_large");
    expect((await storedObjects(daemons)).filter((key) => key.includes(id))).toEqual([]);
    expect(await rows(`attachments WHERE record_id = '${id}'`)).toBe(0);
  });

  test("an upload the client gives up leaves neither row nor object", async () => {
    const { id } = await create("aborted");
    const before = api.logs().length;
    const sent = request(`${api.url}/records/${id}/attachments`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x", "content-length": 5_000_000 },
    });
    sent.on("error", () => undefined); // we are the ones who hang up
    sent.write('--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n');
    sent.write(randomBytes(1_000_000));
    await sleep(100);
    sent.destroy();
    await eventually(() => {
      const gone = api
        .logs()
        .slice(before)
        .some(({ status }) => status === 499);
      return gone ? Promise.resolve() : Promise.reject(new Error("the request is still open"));
    });
    expect(await rows(`attachments WHERE record_id = '${id}'`)).toBe(0);
    expect((await storedObjects(daemons)).filter((key) => key.includes(id))).toEqual([]);
  });

  test.each([
    ["no form", "application/json", "{}", 415],
    ["no boundary", "multipart/form-data", "x", 400],
    [
      "a file elsewhere",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="other"; filename="a"\r\n\r\nabc',
      400,
    ],
    ["no file", "multipart/form-data; boundary=x", "--x--\r\n", 400],
    [
      "a form cut short",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
      400,
    ],
  ])("%s is refused", async (_, type, body, status) => {
    const { id } = await create("hostile form");
    expect((await post(`/records/${id}/attachments`, body, { "content-type": type })).status).toBe(status);
    expect(await rows(`attachments WHERE record_id = '${id}'`)).toBe(0);
  });

  test("nothing is taken for a record that does not exist", async () => {
    expect((await upload("018f0000-0000-7000-8000-000000000000", randomBytes(10), "a")).status).toBe(404);
  });
});

describe("hostile input", () => {
  test.each([
    ["bad JSON", "{", 400, "malformed_body"],
    ["no object", "[]", 400, "invalid_request"],
    ["nothing", "", 400, "invalid_request"],
    ["a huge body", JSON.stringify({ title: "x", body: "y".repeat(200_000) }), 413, "body_too_large"],
    ["a NUL", JSON.stringify({ title: "a\0b" }), 400, "invalid_request"],
    ["half a surrogate pair", '{"title":"\\ud800"}', 400, "invalid_request"],
    ["a prototype", '{"title":"x","__proto__":{"admin":true}}', 400, "invalid_request"],
  ])("%s is answered with problem+json", async (_, body, status, code) => {
    const answer = await post("/records", body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    const problem = (await answer.json()) as ProblemBody;
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem)).not.toMatch(/at .*\.(ts|js):|node_modules/);
  });

  test("every problem is told at once", async () => {
    const answer = await post("/records", { title: 5, body: false, extra: 1 });
    const { errors } = (await answer.json()) as ProblemBody;
    expect(errors?.map(({ path }) => path).sort()).toEqual(["body.body", "body.extra", "body.title"]);
  });

  test.each([
    "/records/%2e%2e%2fetc",
    "/records/1",
    "/records?limit=0",
    "/records?limit=1e9",
    "/records?cursor=x",
    "/records?x=1",
    "/records/%ff",
  ])("GET %s is a 400", async (path) => {
    expect((await get(path)).status).toBe(400);
  });

  test("unknown paths are 404; known paths with another method are 405 and name the right ones", async () => {
    expect((await get("/nothing")).status).toBe(404);
    const answer = await fetch(`${api.url}/records`, { method: "PUT" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST, GET");
  });
});

describe("observability", () => {
  test("a request id is taken over, or replaced when it is not harmless, and is in the log line", async () => {
    const kept = await fetch(`${api.url}/records`, { headers: { "x-request-id": "from-the-gateway.1" } });
    expect(kept.headers.get("x-request-id")).toBe("from-the-gateway.1");
    const replaced = await fetch(`${api.url}/records`, { headers: { "x-request-id": "a b" } });
    expect(replaced.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    await eventually(() => {
      const line = api.logs().find(({ requestId }) => requestId === "from-the-gateway.1");
      return line?.["route"] === "/records" ? Promise.resolve() : Promise.reject(new Error("no such line yet"));
    });
  });

  test("metrics count by route template, and show pools and dependencies", async () => {
    const { id } = await create("counted");
    await get(`/records/${id}`);
    const text = await (await fetch(`${api.internalUrl}/metrics`)).text();
    expect(text).toMatch(
      /http_request_duration_seconds_bucket\{le="0.3",service="api",method="GET",route="\/records\/:id",status="200"\} [1-9]/,
    );
    expect(text).not.toContain(id);
    expect(text).toMatch(/pg_pool_total_count\{node="replica-1"\} [1-9]/);
    expect(text).toMatch(
      /dependency_request_duration_seconds_count\{service="api",target="postgres",result="ok"\} [1-9]/,
    );
    expect(text).toMatch(/purlin_build_info\{service="api",version="0.1.0"\} 1/);
    expect(text).toContain("purlin_nodejs_eventloop_utilization_ratio");
  });

  test("the gateway's question is answered to the gateway, not to its clients", async () => {
    expect((await get("/healthz")).status).toBe(200);
    const through = await fetch(`${api.url}/healthz`, { headers: { "x-forwarded-host": "localhost" } });
    expect(through.status).toBe(404);
  });
});

describe("migrations", () => {
  test("two at once and once more: the second waits and finds nothing to do", async () => {
    await Promise.all([migrateApi(daemons), migrateApi(daemons)]);
    const [row] = await daemons.sqlIn("app", "SELECT count(*)::int AS n FROM api_migrations");
    expect(row?.["n"]).toBe(1);
  });
});
