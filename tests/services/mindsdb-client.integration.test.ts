import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createMindsdb, MindsdbUnavailable } from "../../services/worker/src/forecast/mindsdb.ts";

/** MindsDB as it is spoken to: it knows the tokens it has given, until it restarts. */
interface Fake {
  url: string;
  logins: number;
  /** What was sent to /api/sql/query, by whoever was logged in. */
  statements: string[];
  restart: () => void;
}

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

const limits = (timeout = 2_000) => ({ signal: new AbortController().signal, timeout });
const metrics = { dependency: <T>(_target: string, call: () => Promise<T>) => call() };

test("logs in once for all who ask first", async () => {
  const fake = await startFake();
  const mindsdb = connect(fake);
  await Promise.all([1, 2, 3].map((number) => mindsdb.run(`SELECT ${number}`, limits())));
  expect([fake.logins, fake.statements.length]).toEqual([1, 3]);
});

test("logs in again where it has been forgotten, and asks once more", async () => {
  const fake = await startFake();
  const mindsdb = connect(fake);
  await mindsdb.run("SELECT 1", limits());
  fake.restart();
  expect(await mindsdb.run("SELECT 2", limits())).toEqual([{ answer: "SELECT 2" }]);
  expect([fake.logins, fake.statements]).toEqual([2, ["SELECT 1", "SELECT 2"]]);
});

test("does not go on logging in where the password is wrong", async () => {
  const fake = await startFake();
  const mindsdb = createMindsdb({ url: fake.url, user: "mindsdb", password: "wrong" }, metrics);
  await expect(mindsdb.run("SELECT 1", limits())).rejects.toThrow(MindsdbUnavailable);
  expect(fake.logins).toBe(1);
});

test("gives up when the answer takes too long, or when it is told to", async () => {
  const fake = await startFake((_request, response) => setTimeout(() => response.end(), 5_000).unref());
  const mindsdb = connect(fake);
  await expect(mindsdb.run("SELECT 1", limits(100))).rejects.toThrow(MindsdbUnavailable);
  const { signal, timeout } = { signal: AbortSignal.timeout(100), timeout: 60_000 };
  await expect(mindsdb.run("SELECT 1", { signal, timeout })).rejects.toThrow(MindsdbUnavailable);
});

test("is not sent elsewhere, and an answer without end is cut off", async () => {
  const elsewhere = await startFake();
  const redirecting = await startFake((_, response) => {
    response.writeHead(307, { location: `${elsewhere.url}/api/sql/query` }).end();
  });
  await expect(connect(redirecting).run("SELECT 1", limits())).rejects.toThrow(MindsdbUnavailable);
  expect(elsewhere.statements).toEqual([]);
  const endless = await startFake((_, response) => response.end(Buffer.alloc(5 * 1024 * 1024, "1")));
  await expect(connect(endless).run("SELECT 1", limits())).rejects.toThrow(MindsdbUnavailable);
});

test("a statement it refuses is no outage", async () => {
  const fake = await startFake((_, response) =>
    response.end(JSON.stringify({ type: "error", error_message: "no such table" })),
  );
  const refused = connect(fake).run("SELECT 1", limits());
  await expect(refused).rejects.toThrow("no such table");
  await expect(refused).rejects.not.toThrow(MindsdbUnavailable);
});

function connect({ url }: Fake) {
  return createMindsdb({ url, user: "mindsdb", password: "right" }, metrics);
}

type Answer = (request: IncomingMessage, response: ServerResponse, statement: string) => void;

async function startFake(answer: Answer = answerWithStatement): Promise<Fake> {
  let generation = 1;
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body: unknown = JSON.parse(Buffer.concat(await request.toArray()).toString());
    if (request.url === "/api/login") {
      fake.logins++;
      const right = JSON.stringify(body) === JSON.stringify({ username: "mindsdb", password: "right" });
      response.writeHead(right ? 200 : 401).end(JSON.stringify({ token: `token-${generation}` }));
    } else if (request.headers.authorization !== `Bearer token-${generation}`) {
      response.writeHead(401).end();
    } else {
      const statement = String(Object.values(body ?? {})[0]);
      fake.statements.push(statement);
      answer(request, response, statement);
    }
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const fake: Fake = { url: `http://127.0.0.1:${port}`, logins: 0, statements: [], restart: () => generation++ };
  return fake;
}

function answerWithStatement(_request: IncomingMessage, response: ServerResponse, statement: string): void {
  response.end(JSON.stringify({ type: "table", column_names: ["ANSWER"], data: [[statement]] }));
}
