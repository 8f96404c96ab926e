import { once } from "node:events";
import { get } from "node:https";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { connect, type SecureVersion } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { running, type Running } from "../../../tests/harness/running.ts";
import type { Built, Route } from "../component.ts";
import { local, localUrls } from "./local.ts";
import type { GatewaySpec } from "./outputs.ts";
import { gatewaySpec } from "./spec.ts";
import { startBackend, type Backend } from "./testing/backend.ts";
import { clientOf } from "./testing/client.ts";

const friend = "https://friend.example";
const spec = gatewaySpec.parse({
  cors: { origins: [friend] },
  rateLimit: { average: 1000, burst: 1000 },
  maxBody: "64KiB",
});

let platform: Running;
let backends: Backend[];
let url: string;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  platform = await running({ gateway: spec }, ["traefik"]);
  backends = [await startBackend("one"), await startBackend("two")];
  await build(spec, [route("api", "/api"), route("shop", "/shop", { sticky: true }), stripped()]);
  url = localUrls(platform.target, spec).url;
  client = clientOf(url, platform.target.certificate.caFile);
});
afterAll(async () => {
  client.close();
  await platform.stop();
  await Promise.all(backends.map((backend) => backend.kill()));
});

describe("TLS", () => {
  test("speaks HTTP/2 and HTTP/1.1 with the certificate of the stack's authority", async () => {
    expect(await client.askHttp2("/api/x")).toBe(200);
    expect((await client.ask("/api/x")).status).toBe(200);
    await expect(fetch(`${url}/api/x`)).rejects.toThrow(); // Node's own authorities do not know it
  });

  test.each([
    ["TLSv1.1", false],
    ["TLSv1.2", true],
    ["TLSv1.3", true],
  ] as const)("%s: %s", async (version, accepted) => {
    expect(await handshakes(version)).toBe(accepted);
  });

  test("plain HTTP is sent to https for good, with its path", async () => {
    const { httpUrl } = localUrls(platform.target, spec);
    const answer = await fetch(`${httpUrl}/api/x?y=1`, { redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([301, `${url}/api/x?y=1`]);
  });
});

describe("routes", () => {
  test("belong to whole path segments", async () => {
    expect((await client.ask("/api")).status).toBe(200);
    expect((await client.ask("/apix")).status).toBe(404);
  });

  test("keep their prefix, or lose it", async () => {
    expect((await client.ask("/api/x")).body).toMatch(/ \/api\/x$/);
    expect((await client.ask("/bare/x")).body).toMatch(/ \/x$/);
  });

  test("share requests between the instances", async () => {
    const names = await Promise.all(
      Array.from({ length: 10 }, async () => (await client.ask("/api/x")).body.split(" ")[0]),
    );
    expect(names.filter((name) => name === "one")).toHaveLength(5);
  });

  test("that are sticky keep a client with one instance, by a cookie scripts cannot read", async () => {
    const { headers, body } = await client.ask("/shop/x");
    const cookie = headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/^__Secure-purlin_instance=[^;]+;.*Path=\/shop;.*HttpOnly;.*Secure/);
    for (let again = 0; again < 6; again++) {
      const answer = await client.ask("/shop/x", { headers: { cookie: cookie.split(";")[0] ?? "" } });
      expect(answer.body).toBe(body);
    }
  });

  test("let events through as they come", async () => {
    const request = get(`${url}/api/events`, { ca: client.ca });
    const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
    const [chunk] = (await once(response, "data")) as [Buffer];
    expect(chunk.toString()).toBe("data: first\n\n");
    request.destroy();
  });
});

describe("a backend is told", () => {
  const told = async (path: string, headers: Record<string, string> = {}) => {
    const answer: unknown = JSON.parse((await client.ask(path, { headers })).body);
    return answer as Record<string, string>; // what JSON makes of Node's headers
  };

  test("where the client is, what it asked for, and which prefix was taken away", async () => {
    const { host } = new URL(url);
    expect(await told("/bare/headers")).toMatchObject({
      host,
      "x-forwarded-proto": "https",
      "x-forwarded-host": host,
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-prefix": "/bare",
    });
    expect(await told("/api/headers")).not.toHaveProperty("x-forwarded-prefix");
  });

  test("nothing that a client made up", async () => {
    const names = ["for", "proto", "host", "port", "prefix", "server", "uri", "method"];
    const lies = Object.fromEntries([
      ...names.map((name) => [`x-forwarded-${name}`, "203.0.113.9"]),
      ["x-real-ip", "203.0.113.9"],
    ]) as Record<string, string>;
    for (const path of ["/api/headers", "/bare/headers"]) {
      const believed = Object.entries(await told(path, lies)).filter(([, value]) => value.includes("203.0.113.9"));
      expect(believed, path).toEqual([]);
    }
    // Traefik's names are matched as HTTP does, whatever their case; a connection may not name them to be dropped on the way.
    const dropped = await told("/bare/headers", { connection: "X-Forwarded-For, X-Forwarded-Prefix, close" });
    expect(dropped).toMatchObject({ "x-forwarded-for": "127.0.0.1", "x-forwarded-prefix": "/bare" });
  });
});

describe("websockets", () => {
  test("stay open while nothing is said, and carry both ways", async () => {
    const socket = await upgrade("/shop/socket");
    for (const word of ["one", "two"]) {
      socket.write(word);
      expect(String(await once(socket, "data"))).toBe(word);
      await setTimeout(1500);
    }
    socket.destroy();
  });

  test("outlive a change of the routes", async () => {
    const socket = await upgrade("/shop/socket");
    await build(spec, [
      route("api", "/api"),
      route("shop", "/shop", { sticky: true }),
      stripped(),
      route("late", "/late"),
    ]);
    await eventually(async () => (await client.ask("/late/x")).status === 200);
    socket.write("still here");
    expect(String(await once(socket, "data"))).toBe("still here");
    socket.destroy();
  });
});

describe("answers", () => {
  test("carry what their route adds, instead of what the backend says", async () => {
    const withHeaders = route("held", "/held", { responseHeaders: { "Content-Security-Policy": "sandbox" } });
    await build(spec, [route("api", "/api"), route("shop", "/shop", { sticky: true }), stripped(), withHeaders]);
    await eventually(async () => (await client.ask("/held/x")).status === 200);
    expect((await client.ask("/held/x")).headers["content-security-policy"]).toBe("sandbox");
    expect((await client.ask("/api/x")).headers).not.toHaveProperty("content-security-policy");
  });

  test("carry the security headers and hide what serves them", async () => {
    const { headers } = await client.ask("/api/x");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "strict-origin-when-cross-origin",
    });
    expect(headers).not.toHaveProperty("server");
    expect(headers).not.toHaveProperty("strict-transport-security"); // localhost belongs to others too
  });

  test("allow an origin of the blueprint and no other", async () => {
    const allowed = (origin: string) =>
      client.ask("/api/x", { headers: { origin } }).then(({ headers }) => headers["access-control-allow-origin"]);
    expect(await allowed(friend)).toBe(friend);
    expect(await allowed("https://stranger.example")).toBeUndefined();
  });

  test("to preflights say what is allowed without asking a service", async () => {
    const before = backends.flatMap(({ asked }) => asked).length;
    const { headers } = await client.ask("/api/x", {
      method: "OPTIONS",
      headers: { origin: friend, "access-control-request-method": "PUT" },
    });
    expect(headers["access-control-allow-methods"]).toContain("PUT");
    expect(backends.flatMap(({ asked }) => asked)).toHaveLength(before);
  });

  test("are 413 above the largest body, with or without a declared length", async () => {
    const size = (length: number, headers: Record<string, string> = {}) =>
      client.ask("/api/x", { method: "POST", body: Buffer.alloc(length), headers }).then(({ status }) => status);
    expect(await size(spec.maxBody)).toBe(200);
    expect(await size(spec.maxBody + 1)).toBe(413);
    expect(await size(spec.maxBody + 1, { "transfer-encoding": "chunked" })).toBe(413);
  });
});

describe("when an instance dies", () => {
  beforeEach(async () => {
    await Promise.all(backends.map((backend) => backend.kill()));
    backends = await Promise.all(backends.map(({ name, port }) => startBackend(name, port)));
    await eventually(async () => (await names()).size === 2);
  });

  test("no reading request fails", async () => {
    const answers = Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        await setTimeout(n * 10);
        return client.ask("/api/x");
      }),
    );
    await setTimeout(400);
    await backends[0]!.kill();
    expect((await answers).filter(({ status }) => status !== 200)).toEqual([]);
  });

  test.each([100, 20_000])(
    "a request that did not reach it goes to another, with all of its %i bytes",
    async (size) => {
      await backends[0]!.kill();
      await setTimeout(50); // until the gateway's own connections have noticed
      const sent = Array.from({ length: 4 }, () =>
        client
          .ask("/api/size", { method: "POST", body: Buffer.alloc(size) })
          .then(({ status, body }) => [status, body]),
      );
      expect(await Promise.all(sent)).toEqual(sent.map(() => [200, String(size)]));
    },
  );

  test("a request that may not be repeated reaches one instance only", async () => {
    expect((await client.ask("/api/drop", { method: "POST" })).status).toBe(502);
    expect(backends.flatMap(({ asked }) => asked).filter((request) => request === "POST /api/drop")).toHaveLength(1);
    expect((await client.ask("/api/drop")).status).toBe(502);
    // At least as often as configured: on a connection it used before, Traefik's HTTP client repeats one by itself.
    const repeated = backends.flatMap(({ asked }) => asked).filter((request) => request === "GET /api/drop");
    expect(repeated.length).toBeGreaterThanOrEqual(1 + spec.retries);
    expect(backends.filter(({ asked }) => asked.includes("GET /api/drop"))).toHaveLength(2);
  });
});

describe("a change", () => {
  test("of the routes is loaded without a restart and without dropping a request", async () => {
    const pid = platform.pid("gateway");
    const slow = client.ask("/api/slow");
    await setTimeout(200);
    await build(spec, [route("api", "/api"), route("fresh", "/fresh")]);
    await eventually(async () => (await client.ask("/fresh/x")).status === 200);
    expect((await slow).status).toBe(200);
    expect((await client.ask("/shop/x")).status).toBe(404);
    expect(platform.pid("gateway")).toBe(pid);
  });

  test("of the rate limit too: a client above it is told 429", async () => {
    await build({ ...spec, rateLimit: { average: 1, burst: 5 } }, [route("api", "/api")]);
    const burst = async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => client.ask("/api/x")));
      return answers.map(({ status }) => status);
    };
    await eventually(async () => (await burst()).includes(429));
    await build(spec, [route("api", "/api")]);
    await eventually(async () => !(await burst()).includes(429));
  });

  test("to a domain of its own makes browsers keep to https there", async () => {
    const sts = async () => (await client.ask("/api/x")).headers["strict-transport-security"];
    expect(await sts()).toBeUndefined();
    await build({ ...spec, domain: "shop.example" }, [route("api", "/api")]);
    await eventually(async () => (await sts()) !== undefined);
    expect(await sts()).toBe("max-age=31536000; includeSubDomains");
    await build(spec, [route("api", "/api")]);
    await eventually(async () => (await sts()) === undefined);
  });
});

test("metrics have what the dashboards ask for", async () => {
  const text = await (await fetch(`http://127.0.0.1:${platform.target.port("gateway/internal")}/metrics`)).text();
  const wanted = [
    'traefik_router_requests_total{code="200",method="GET",protocol="http",router="api-read@file"',
    'traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="api@file",le="0.3"}',
    'traefik_entrypoint_request_duration_seconds_sum{code="200",entrypoint="https"',
    'traefik_service_server_up{service="api@file"',
    "traefik_open_connections{",
    "traefik_tls_certs_not_after{",
    "traefik_entrypoint_responses_bytes_total{",
    "traefik_config_reloads_total ",
  ];
  expect(wanted.filter((metric) => !text.includes(metric))).toEqual([]);
});

test("the log has failures as JSON, with the request's id", async () => {
  await client.ask("/api/drop", { method: "POST", headers: { "x-request-id": "seen" } });
  await eventually(() => Promise.resolve(platform.output("gateway").includes('"request_X-Request-Id":"seen"')));
});

/** Builds with the given routes, as a component before the gateway would have handed them over. */
function build(wanted: GatewaySpec, routes: Route[]) {
  const services: Built<"services"> = { outputs: {}, ready: [], scrape: [], routes };
  return platform.apply((target) =>
    local(target, { spec: wanted, consumers: [], built: { services }, envOf: () => ({}) }),
  );
}

function route(name: string, path: string, more: Partial<Route> = {}): Route {
  const addresses = backends.map(({ port }) => ({ host: "127.0.0.1", port }));
  return { name, path, stripPrefix: false, sticky: false, backends: addresses, healthPath: "/healthz", ...more };
}

function stripped(): Route {
  return route("bare", "/bare", { stripPrefix: true });
}

async function upgrade(path: string): Promise<Duplex> {
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  const request = get(`${url}${path}`, { ca: client.ca, headers });
  const [, socket] = (await once(request, "upgrade")) as [unknown, Duplex];
  return socket;
}

async function names(): Promise<Set<string | undefined>> {
  const answers = await Promise.all(Array.from({ length: 4 }, () => client.ask("/api/x")));
  return new Set(answers.map(({ status, body }) => (status === 200 ? body.split(" ")[0] : undefined)));
}

async function handshakes(version: SecureVersion): Promise<boolean> {
  const { port } = new URL(url);
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    servername: "localhost",
    ca: client.ca,
    minVersion: version,
    maxVersion: version,
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  const done = await Promise.race([
    once(socket, "secureConnect").then(() => true),
    once(socket, "close").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return done;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await setTimeout(50);
  }
  throw new Error("did not happen");
}
