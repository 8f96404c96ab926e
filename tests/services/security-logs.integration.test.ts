import { afterAll, beforeAll, expect, test } from "vitest";
import { walkThrough } from "./security-flows.ts";
import { beginSignIn, submit, type Person } from "./security-people.ts";
import { serviceNames, startSecurityWorld, type SecurityWorld } from "./security-world.ts";

/*
 * What the services write about themselves while somebody does all there is to do, and while what the services need is away:
 * every line, at the level where they write most (OWASP ASVS 5.0, V16).
 */
let world: SecurityWorld;
let person: Person;
const secrets: { what: string; value: string }[] = [];

beforeAll(async () => {
  world = await startSecurityWorld({ LOG_LEVEL: "trace" });
  const keep = (what: string, ...values: (string | undefined)[]) => {
    for (const value of values) secrets.push({ what, value: value ?? "" });
  };
  person = await walkThrough(world, keep);
  await withoutDaemons();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Failures bring what failed with them: statements, addresses, commands. */
async function withoutDaemons(): Promise<void> {
  const { browser, email, password } = person;
  const { url } = await browser.open((await beginSignIn(world, { prompt: "login" })).url);
  await world.daemons.redis.kill();
  await person.call("GET", "/api/me");
  await world.daemons.primary.kill();
  await submit(browser, url, { email, password }).catch(() => undefined);
  await person.call("POST", "/auth/organisations", { name: "A team", slug: "a-team" });
  const form = { client_id: "web", grant_type: "refresh_token", refresh_token: person.tokens.refresh_token ?? "" };
  await world.fetch("/auth/token", { method: "POST", body: new URLSearchParams(form) });
}

interface Line {
  name: string;
  line: Record<string, unknown>;
  text: string;
}

function lines(): Line[] {
  return serviceNames.flatMap((name) =>
    world.services[name].logs().map((line) => ({ name, line, text: JSON.stringify(line) })),
  );
}

test("no password, token, code, cookie, key, mail or content is in any line of any service", () => {
  expect(secrets.filter(({ value }) => value.length < 6)).toEqual([]);
  expect(new Set(secrets.map(({ what }) => what)).size).toBeGreaterThanOrEqual(15);
  const forms = secrets.flatMap(({ what, value }) =>
    [value, encodeURIComponent(value), Buffer.from(value).toString("base64")].map((form) => ({ what, form })),
  );
  const found = lines().flatMap(({ name, text }) =>
    forms.flatMap(({ what, form }) => (text.includes(form) ? [`${what} in ${name}: ${text.slice(0, 500)}`] : [])),
  );
  expect(found).toEqual([]);
});

test("nobody's e-mail address is, and no password of a database", () => {
  const found = lines().filter(({ text }) => text.includes("@example.com") || /postgres:\/\/\w+:\w+@/.test(text));
  expect(found.map(({ text }) => text)).toEqual([]);
});

test("each line says when, in UTC, who wrote it, how bad it is and what happened", () => {
  expect(lines().length).toBeGreaterThan(50);
  for (const { name, line } of lines()) {
    expect(line).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      service: name,
      instance: `${name}-1`,
      level: expect.stringMatching(/^(trace|debug|info|warn|error|fatal)$/) as string,
      msg: expect.any(String) as string,
    });
  }
});

test("a refusal is written down with whom it was for and where they were", () => {
  const written = lines().map(({ line }) => line);
  expect(written).toContainEqual(
    expect.objectContaining({
      msg: "request",
      status: 404,
      requestId: "a-refusal",
      route: "/organisations/:organisationId/projects",
      subjectId: person.tokens.claims()?.sub,
      address: "198.51.100.7",
    }),
  );
  expect(written).toContainEqual(expect.objectContaining({ msg: "request", status: 401, address: "203.0.113.1" }));
  expect(written).toContainEqual(
    expect.objectContaining({ service: "realtime", msg: "a connection was refused", code: "unauthorized" }),
  );
});

test("what went wrong on our side is written down as such, with its cause", () => {
  for (const name of ["auth", "api"]) {
    const told = lines().filter(
      ({ line, name: of }) => of === name && ["warn", "error"].includes(String(line["level"])),
    );
    expect(
      told.map(({ line }) => line["err"] !== undefined),
      name,
    ).toContain(true);
  }
});

test("what a client writes makes no line, and no part of one", () => {
  expect(lines().filter(({ text }) => text.includes("forged"))).toEqual([]);
});
