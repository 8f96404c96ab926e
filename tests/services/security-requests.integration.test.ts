import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOrganisation, signUp, type Person } from "./security-people.ts";
import { serviceNames, startSecurityWorld, type Name, type SecurityWorld } from "./security-world.ts";

/* Requests that are not what they seem, or cost more than they should (OWASP ASVS 5.0, V1.5, V2, V4, V15). */
let world: SecurityWorld;
let person: Person;
let organisationId: string;
let dribbling: Promise<number>[];

beforeAll(async () => {
  world = await startSecurityWorld();
  dribbling = serviceNames.map((name) => dribble(world.services[name].url)); // looked at last: it takes a while
  person = await signUp(world);
  organisationId = await createOrganisation(person);
});
afterAll(() => world[Symbol.asyncDispose]());

const projects = () => `/api/organisations/${organisationId}/projects`;
const send = (path: string, init: RequestInit) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${person.tokens.access_token}`);
  return world.fetch(path, { ...init, headers });
};
const post = (
  path: string,
  body: NonNullable<RequestInit["body"]>,
  type: string,
  headers: Record<string, string> = {},
) => send(path, { method: "POST", body, headers: { "content-type": type, ...headers } });

/** Sends bytes as they are, and gives all that comes back until the server ends it. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.on("error", () => undefined);
  socket.end(bytes, "latin1");
  await once(socket, "close");
  return answer;
}

/** Begins a request, goes on with a byte now and then, and gives the seconds after which that was enough. */
async function dribble(url: string): Promise<number> {
  const since = performance.now();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ");
  const timer = setInterval(() => socket.write("a"), 500);
  socket.resume();
  await once(socket, "close");
  clearInterval(timer);
  return (performance.now() - since) / 1000;
}

const hidden = "GET /hidden HTTP/1.1\r\nhost: x\r\n\r\n";

describe.each(serviceNames)("%s answers one request, and not one hidden in it", (name: Name) => {
  test.each([
    ["both lengths", `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["two lengths", `content-length: 0\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`],
    ["a list of lengths", `content-length: 0, ${hidden.length}\r\n\r\n${hidden}`],
    ["a length with a sign", `content-length: +0\r\n\r\n${hidden}`],
    ["an encoding nobody knows", `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["chunked, and not last", `transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ["a blank before the colon", `content-length : ${hidden.length}\r\n\r\n${hidden}`],
    ["a folded header", `content-length:\r\n 0\r\nx: y\r\n z: ${hidden}`],
    ["bare line feeds", `x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["a carriage return alone", `x: y\rcontent-length: 0\r\n\r\n${hidden}`],
    ["NUL in a header", `x: y\0z\r\n\r\n${hidden}`],
    ["a chunk size that is none", `transfer-encoding: chunked\r\n\r\n0x0\r\n\r\n${hidden}`],
    ["a chunk size that overflows", `transfer-encoding: chunked\r\n\r\n10000000000000000\r\n\r\n${hidden}`],
    ["a bare line feed after a chunk size", `transfer-encoding: chunked\r\n\r\n0\n\r\n${hidden}`],
  ])("%s", async (_, rest) => {
    const answer = await raw(world.services[name].url, `POST /nothing HTTP/1.1\r\nhost: x\r\n${rest}`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([expect.stringMatching(/ 40[04]$/)]); // 404 when the first was over before
  });

  test("headers without end are refused", async () => {
    const many = Array.from({ length: 2000 }, (_, at) => `x-${at}: ${"y".repeat(20)}`).join("\r\n");
    expect(await raw(world.services[name].url, `GET / HTTP/1.1\r\nhost: x\r\n${many}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
  });

  test("TRACE shows nobody what was sent", async () => {
    const bytes = "TRACE / HTTP/1.1\r\nhost: x\r\ncookie: secret=1\r\nconnection: close\r\n\r\n";
    const answer = await raw(world.services[name].url, bytes);
    expect(answer).toMatch(/^HTTP\/1.1 40[45]/);
    expect(answer).not.toContain("secret=1");
  });
});

describe("what a request says it is", () => {
  const body = JSON.stringify({ key: "TYPE", name: "A project" });

  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/xml", "*/*"])(
    "JSON sent as %s, as a form of another site could, is not taken",
    async (type) => {
      for (const path of [projects(), "/auth/organisations"]) {
        expect((await post(path, body, type)).status, path).toBe(415);
      }
      expect((await person.call("GET", projects())).body["items"]).toEqual([]);
    },
  );

  test.each(["utf-16", "utf-16le", "utf-7", "utf-32", "latin1"])("JSON in %s is not taken", async (charset) => {
    const answer = await post(projects(), body, `application/json; charset=${charset}`);
    expect([400, 415]).toContain(answer.status);
  });

  test("a method in a header, a field or a parameter is not the method", async () => {
    const { body: made } = await person.call("POST", projects(), { key: "STAY", name: "Stays" });
    const path = `${projects()}/${String(made["id"])}`;
    for (const header of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      await send(path, { headers: { [header]: "DELETE", "if-match": '"1"' } });
      await post(path, "{}", "application/json", { [header]: "DELETE", "if-match": '"1"' });
    }
    await send(`${path}?_method=DELETE`, { headers: { "if-match": '"1"' } });
    expect((await person.call("GET", path)).status).toBe(200);
  });

  test("a token in the address, in a field or in a cookie is none", async () => {
    const { access_token: token } = person.tokens;
    const headers = {
      "content-type": "application/json",
      cookie: `access_token=${token}; authorization=Bearer ${token}`,
    };
    const asked = await world.fetch(`${projects()}?access_token=${token}&token=${token}`, { headers });
    const sent = await world.fetch(projects(), {
      method: "POST",
      headers,
      body: JSON.stringify({ access_token: token }),
    });
    expect([asked.status, sent.status]).toEqual([401, 401]);
  });

  test("a parameter said twice is none of both", async () => {
    for (const query of ["limit=1&limit=2", "limit[]=1", "limit[a]=1", "limit=1&limit[__proto__]=2"]) {
      expect((await send(`${projects()}?${query}`, {})).status, query).toBe(400);
    }
  });
});

describe("a body", () => {
  const foreign = { id: crypto.randomUUID(), organisationId: crypto.randomUUID(), createdBy: crypto.randomUUID() };

  test.each([
    ...Object.entries({ ...foreign, version: 7, createdAt: "2020-01-01T00:00:00Z", role: "owner", isAdmin: true }),
    ["constructor", { prototype: { admin: true } }],
    ["__proto__", { admin: true }],
  ])("that sets %s, which is not its sender's to set, is refused", async (field, value) => {
    const body = (fields: string) => `{${fields}, ${JSON.stringify(field)}: ${JSON.stringify(value)}}`;
    const project = await post(projects(), body('"key": "MASS", "name": "x"'), "application/json");
    const organisation = await post("/auth/organisations", body('"slug": "mass-x", "name": "x"'), "application/json");
    expect([project.status, organisation.status]).toEqual([400, 400]);
  });

  test.each([
    ["nested thousands deep", `{"key": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["of thousands of fields", JSON.stringify(Object.fromEntries(Array.from({ length: 15_000 }, (_, at) => [at, at])))],
    ["with a number of thousands of digits", `{"key": ${"9".repeat(200_000)}}`],
  ])("%s is refused like any other that is wrong", async (_, text) => {
    const answer = await post(projects(), text, "application/json");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      400,
      expect.stringMatching(/^application\/problem\+json/),
    ]);
    expect((await answer.text()).length).toBeLessThan(64 * 1024);
  });

  test("that is small until it is unpacked counts as what it becomes", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, " "));
    const answer = await post(projects(), bomb, "application/json", { "content-encoding": "gzip" });
    expect(answer.status).toBe(413);
  });
});

describe("addresses", () => {
  test("in mails and pages are the platform's, whatever host a request names", async () => {
    const lies = { "x-forwarded-host": "evil.test", host: "evil.test", forwarded: "host=evil.test" };
    const before = world.mail.mails.length;
    const answer = await fetch(`${world.services.auth.url}/password/forgot`, {
      method: "POST",
      body: new URLSearchParams({ email: person.email }),
      headers: { ...lies, origin: world.origin },
    });
    expect(await answer.text()).not.toContain("evil.test");
    const { text, html } = await world.mail.next(person.email, /password/i, before);
    expect(text + html).not.toContain("evil.test");
    expect(text).toContain(`${world.origin}/auth/password/reset?token=`);
    for (const name of serviceNames) {
      const told = await fetch(`${world.services[name].url}/nothing`, { headers: lies, redirect: "manual" });
      expect(JSON.stringify([...told.headers]) + (await told.text()), name).not.toContain("evil.test");
    }
  });

  test("somebody is sent back to are ours alone", async () => {
    for (const where of ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"]) {
      const value = encodeURIComponent(where);
      for (const path of [
        `/auth/account?done=${value}&next=${value}&return=${value}&redirect_uri=${value}`,
        `/auth/sign-out?client_id=web&post_logout_redirect_uri=${value}`,
        `/auth/authorize?client_id=web&response_type=code&redirect_uri=${value}`,
        `/auth//${where.replace(/^[a-z]*:?\/*/, "")}`,
      ]) {
        const answer = await person.browser.request(`${world.origin}${path}`);
        const location = new URL(answer.headers.get("location") ?? "/", world.origin);
        expect(location.origin, path).toBe(world.origin);
      }
    }
  });
});

test("who sends headers a byte at a time is let go, and keeps nobody waiting", async () => {
  for (const name of serviceNames) {
    const answers = Array.from({ length: 20 }, () => fetch(`${world.services[name].url}/healthz`));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  }
  const left = await Promise.race([Promise.all(dribbling), sleep(60_000).then(() => "never")]);
  expect(left).not.toBe("never");
});
