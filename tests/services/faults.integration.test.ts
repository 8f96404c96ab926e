import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepare, startApi, type Api } from "./api.ts";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let api: Api;

beforeAll(async () => {
  daemons = await startDaemons();
  release.defer(daemons.stop);
  await prepare(daemons);
  api = await startApi(daemons, "api-1");
  release.use(api);
});

afterAll(() => release.disposeAsync());

interface Answer {
  status: number;
  body: string;
}

/** One request over `agent`; unlike fetch it never tries again by itself, so a lost request is seen as one. */
function send(url: string, agent: Agent, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(url, { agent, method: body === undefined ? "GET" : "POST", headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text })).on("error", reject);
    });
    sent.on("error", reject).end(body);
  });
}

async function untilStatus(status: string): Promise<Awaited<ReturnType<Api["readiness"]>>> {
  return eventually(async () => {
    const report = await api.readiness();
    if (report.status !== status) throw new Error(`${JSON.stringify(report)} is not ${status}`);
    return report;
  });
}

const create = () =>
  fetch(`${api.url}/records`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title: "kept" }),
  });

describe("readiness tells the truth about each dependency, and the rest goes on", () => {
  test("without the primary: unready, reads from the replica, writes refused as unavailable", async () => {
    expect((await untilStatus("ready")).code).toBe(200);
    const { id } = (await (await create()).json()) as { id: string };
    await daemons.primary.kill();
    const report = await untilStatus("unready");
    expect(report.code).toBe(503);
    expect(report.checks["postgres-primary"]?.ok).toBe(false);
    expect(report.checks["postgres-replicas"]?.ok).toBe(true);
    expect((await fetch(`${api.url}/records/${id}`)).status).toBe(200);
    const refused = await create();
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200); // the instance still has reads to serve
    await daemons.primary.start();
    await untilStatus("ready");
    expect((await create()).status).toBe(201);
  });

  test("without the replica: degraded, reads from the primary, and from the replica once it is back", async () => {
    const { id } = (await (await create()).json()) as { id: string };
    await daemons.replica.kill();
    const report = await untilStatus("degraded");
    expect(report.code).toBe(200);
    expect(report.checks["postgres-replicas"]?.ok).toBe(false);
    const answer = await fetch(`${api.url}/records/${id}`);
    expect([answer.status, answer.headers.get("x-served-by")]).toEqual([200, "primary"]);
    await daemons.replica.start();
    await untilStatus("ready");
    await eventually(async () => {
      const node = (await fetch(`${api.url}/records/${id}`)).headers.get("x-served-by");
      if (node !== "replica-1") throw new Error(`served by ${String(node)}`);
    });
  });

  test("without Redis: degraded, lists come from Postgres and are cached again once it is back", async () => {
    await daemons.redis.kill();
    expect((await untilStatus("degraded")).checks["redis-cache"]?.ok).toBe(false);
    expect((await create()).status).toBe(201);
    const list = await fetch(`${api.url}/records`);
    expect([list.status, list.headers.get("x-served-by")]).not.toContain("cache");
    expect(list.status).toBe(200);
    await daemons.redis.start();
    await untilStatus("ready");
    await eventually(async () => {
      const node = (await fetch(`${api.url}/records`)).headers.get("x-served-by");
      if (node !== "cache") throw new Error(`served by ${String(node)}`);
    });
  });

  test("without storage: unready, uploads refused as unavailable and leave no row", async () => {
    const { id } = (await (await create()).json()) as { id: string };
    await daemons.storage.kill();
    expect((await untilStatus("unready")).checks["storage"]?.ok).toBe(false);
    const form = new FormData();
    form.append("file", new Blob(["x"]), "x");
    const answer = await fetch(`${api.url}/records/${id}/attachments`, { method: "POST", body: form });
    expect(answer.status).toBe(503);
    const [row] = await daemons.sqlIn("app", "SELECT count(*)::int AS n FROM attachments");
    expect(row?.["n"]).toBe(0);
    expect((await fetch(`${api.url}/records`)).status).toBe(200);
    await daemons.storage.start();
    await untilStatus("ready");
  });
});

describe("graceful stop", () => {
  test("under load no request is lost, and what was acknowledged is there", async () => {
    const stopping = await startApi(daemons, "api-2");
    release.use(stopping);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const acknowledged: string[] = [];
    const lost: unknown[] = [];
    const leaving = new AbortController();
    // As a gateway does: it asks for the instance's health, and sends elsewhere once that fails.
    const watch = async () => {
      while ((await send(`${stopping.url}/healthz`, new Agent())).status === 200) await sleep(50);
      leaving.abort();
    };
    const client = async () => {
      while (!leaving.signal.aborted) {
        try {
          const { status, body } = await send(`${stopping.url}/records`, agent, JSON.stringify({ title: "load" }));
          if (status === 201) acknowledged.push((JSON.parse(body) as { id: string }).id);
          else lost.push(status);
        } catch (error) {
          lost.push(error);
        }
      }
    };
    const clients = [watch(), ...Array.from({ length: 8 }, client)];
    await eventually(() => (acknowledged.length > 50 ? Promise.resolve() : Promise.reject(new Error("no load yet"))));
    const code = stopping.stop();
    await Promise.all(clients);
    expect(lost).toEqual([]);
    agent.destroy();
    expect(await code).toBe(0);
    const found = await daemons.sqlIn("app", "SELECT id FROM records");
    const ids = new Set(found.map((row) => row["id"]));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
  });

  test("says that it is draining, and stops without delay when nobody is connected", async () => {
    const stopping = await startApi(daemons, "api-3");
    release.use(stopping);
    expect(await stopping.stop("SIGINT")).toBe(0);
    expect(stopping.logs().map(({ msg }) => msg)).toEqual(expect.arrayContaining(["draining", "stopped"]));
  });

  test("a taken port ends the process at once, with the reason", async () => {
    const refused = startApi(daemons, "api-5", { PORT: String(daemons.redis.port) });
    await expect(refused).rejects.toThrow(/exited with 1(.|\n)*EADDRINUSE/);
  });

  test("an environment that is not usable is refused, with every problem at once", async () => {
    const refused = startApi(daemons, "api-4", { S3_REGION: "", POSTGRES_PRIMARY_URL: "nonsense", PORT: "0" });
    await expect(refused).rejects.toThrow(/PORT: (.|\n)*POSTGRES_PRIMARY_URL: (.|\n)*S3_REGION: is not set/);
  });
});
