import { once } from "node:events";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { describeProbe, probe } from "./probe.ts";

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  server = undefined;
});

async function listen(made: Server): Promise<number> {
  server = made.on("connection", (socket: Socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  await once(made, "listening");
  const address = made.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const timeoutMs = 2000;
const http = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(createHttp(listener))}/readyz`;
const answerOf = (spec: Parameters<typeof probe>[0], ms = timeoutMs) => probe(spec, { timeoutMs: ms });

describe("http", () => {
  it("is good on 2xx, and bad with the start of the body otherwise", async () => {
    let status = 204;
    const url = await http((_request, response) =>
      response.writeHead(status).end(status === 503 ? "not ready:\n  postgres" : ""),
    );
    expect(await answerOf({ kind: "http", url })).toMatchObject({ ok: true, answer: "HTTP 204" });
    status = 503;
    expect(await answerOf({ kind: "http", url })).toMatchObject({ ok: false, answer: "HTTP 503: not ready: postgres" });
    status = 302;
    expect(await answerOf({ kind: "http", url })).toMatchObject({ ok: false, answer: "HTTP 302" });
    expect(await answerOf({ kind: "http", url, status: [302] })).toMatchObject({ ok: true });
  });

  it("sends the headers it was given", async () => {
    const url = await http((request, response) =>
      response.writeHead(request.headers.authorization === "x" ? 200 : 401).end(),
    );
    expect(await answerOf({ kind: "http", url, headers: { authorization: "x" } })).toMatchObject({ ok: true });
    expect(await answerOf({ kind: "http", url })).toMatchObject({ answer: "HTTP 401" });
  });
});

it("says that nobody listens", async () => {
  const port = await listen(createServer());
  server?.close();
  for (const spec of [
    { kind: "tcp" as const, host: "127.0.0.1", port },
    { kind: "http" as const, url: `http://127.0.0.1:${port}/` },
    { kind: "postgres" as const, host: "127.0.0.1", port, user: "u", password: "p", database: "d" },
    { kind: "redis" as const, host: "127.0.0.1", port, password: "p" },
  ]) {
    expect(await answerOf(spec)).toMatchObject({ ok: false, answer: `connect ECONNREFUSED 127.0.0.1:${port}` });
  }
});

it("gives up on a server that accepts and then is silent", async () => {
  const port = await listen(createServer());
  for (const spec of [
    { kind: "http" as const, url: `http://127.0.0.1:${port}/` },
    { kind: "postgres" as const, host: "127.0.0.1", port, user: "u", password: "p", database: "d" },
    { kind: "redis" as const, host: "127.0.0.1", port, password: "p" },
  ]) {
    expect(await answerOf(spec, 100)).toMatchObject({ ok: false, answer: "no answer within 100 ms" });
  }
  expect(await answerOf({ kind: "tcp", host: "127.0.0.1", port })).toMatchObject({ ok: true });
});

it("tells what Redis refuses", async () => {
  const port = await listen(
    createServer((socket) =>
      socket.on("data", () => socket.write("-LOADING Redis is loading the dataset in memory\r\n")),
    ),
  );
  const result = await answerOf({ kind: "redis", host: "127.0.0.1", port, password: "p" });
  expect(result).toMatchObject({ ok: false, answer: "LOADING Redis is loading the dataset in memory" });
});

it("names what is asked without credentials", () => {
  expect(describeProbe({ kind: "redis", host: "127.0.0.1", port: 6379, password: "canary" })).toBe(
    "redis 127.0.0.1:6379",
  );
});
