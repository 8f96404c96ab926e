import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { postOutbound, type Resolve } from "./outbound-request.ts";
import { OutboundRefused } from "./outbound-url.ts";

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});
const servers: ReturnType<typeof createServer>[] = [];

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(handle);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const development = { allowLoopback: true };
const post = (url: string, rules = development, resolve?: Resolve, timeout = 5000) =>
  postOutbound({ url, headers: { "content-type": "application/json" }, body: '{"a":"ü"}', timeout }, rules, resolve);

/** A resolver that gives the next of `answers` each time it is asked. */
function resolver(...answers: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname, done) => {
      asked.push(hostname);
      const addresses = answers.shift() ?? [];
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    },
  };
}

test("posts the body and gives the status and what was answered", async () => {
  let seen = "";
  const port = await listen((request, response) => {
    request.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    request.on("end", () => response.writeHead(202).end("thanks"));
  });
  expect(await post(`http://127.0.0.1:${port}/hook`)).toEqual({ status: 202, body: "thanks" });
  expect(seen).toBe('{"a":"ü"}');
});

test("a redirect is an answer like any other: it is not followed", async () => {
  let requests = 0;
  const port = await listen((_, response) => {
    requests++;
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  expect((await post(`http://127.0.0.1:${port}/`)).status).toBe(307);
  expect(requests).toBe(1);
});

test("the name is resolved once, and the connection goes to the address that was checked", async () => {
  let host = "";
  const port = await listen((request, response) => {
    host = request.headers.host ?? "";
    response.end();
  });
  const { resolve, asked } = resolver(["127.0.0.1"], ["10.0.0.1"]);
  expect((await post(`http://hooks.localhost:${port}/`, development, resolve)).status).toBe(200);
  expect(asked).toEqual(["hooks.localhost"]);
  expect(host).toBe(`hooks.localhost:${port}`);
});

test.each([
  ["a private address", ["10.0.0.1"]],
  ["this machine", ["127.0.0.1"]],
  ["the metadata service", ["169.254.169.254"]],
  ["IPv4 inside IPv6", ["::ffff:127.0.0.1"]],
  ["a private address among public ones", ["1.1.1.1", "10.0.0.1"]],
  ["no address", []],
])("a name with %s is not called", async (_, addresses) => {
  const { resolve } = resolver(addresses);
  await expect(post("https://hooks.example/", { allowLoopback: false }, resolve)).rejects.toThrow(OutboundRefused);
});

test("a name that does not exist is refused with the same words as a private one", async () => {
  const failing: Resolve = (_, done) => done(new Error("ENOTFOUND hooks.internal"), []);
  const privately = resolver(["10.0.0.1"]).resolve;
  const message = (resolve: Resolve) =>
    post("https://hooks.example/", { allowLoopback: false }, resolve).catch((error: unknown) => String(error));
  expect(await message(failing)).toBe(await message(privately));
});

test("an endless answer is cut off, a silent one is given up", async () => {
  const port = await listen((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    };
    response.on("drain", more);
    more();
  });
  expect((await post(`http://127.0.0.1:${port}/`)).body).toHaveLength(4096);
  const silent = await listen(() => undefined);
  await expect(post(`http://127.0.0.1:${silent}/`, development, undefined, 100)).rejects.toThrow(/abort|timeout/i);
});
