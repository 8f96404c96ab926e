import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOrganisation, signUp, type Person } from "./security-people.ts";
import { serviceNames, startSecurityWorld, type Name, type SecurityWorld } from "./security-world.ts";

/* What every answer of every service has to say to browsers (OWASP ASVS 5.0, V3 and 14.3). */
let world: SecurityWorld;
let person: Person;
let organisationId: string;

beforeAll(async () => {
  world = await startSecurityWorld();
  person = await signUp(world);
  organisationId = await createOrganisation(person);
});
afterAll(() => world[Symbol.asyncDispose]());

const authorized = () => ({ authorization: `Bearer ${person.tokens.access_token}` });
const json = { "content-type": "application/json" };

/** What somebody signed in may read. */
const reads = (): Record<Name, string> => ({
  auth: "/auth/me",
  api: `/api/organisations/${organisationId}/projects`,
  worker: `/jobs/organisations/${organisationId}/dead-letters`,
  realtime: "/realtime/nothing",
});

/** What else is shown to anybody. */
const pages: Record<Name, string[]> = {
  auth: [
    "/account",
    "/device",
    "/password/forgot",
    "/interaction/nothing",
    "/jwks",
    "/.well-known/openid-configuration",
    "/reference",
    "/openapi.json",
  ],
  api: ["/reference", "/openapi.json", "/", "/reference/swagger-ui.css"],
  worker: ["/reference", "/openapi.json", "/board", "/board/static/nothing.js"],
  realtime: ["/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=2&transport=nothing"],
};

/** Keys and discovery are for everybody, and the same for everybody. */
const published = /\/(jwks|openid-configuration)$/;

describe.each(serviceNames)("every answer of %s", (name) => {
  const prefix = name === "worker" ? "/jobs" : `/${name}`;
  const answers: [string, () => Promise<Response>][] = [
    ["to who is signed in", () => world.fetch(reads()[name], { headers: authorized() })],
    ["to who is not", () => world.fetch(reads()[name])],
    ["to a bad token", () => world.fetch(reads()[name], { headers: { authorization: "Bearer x.y.z" } })],
    ["to what is not there", () => world.fetch(`${prefix}/nothing/at/all`)],
    ["to a path that is none", () => world.fetch(`${prefix}/%ff`)],
    ["to HEAD", () => world.fetch(reads()[name], { method: "HEAD", headers: authorized() })],
    ["to OPTIONS", () => world.fetch(reads()[name], { method: "OPTIONS", headers: { origin: "https://evil.test" } })],
    ["to another method", () => world.fetch(reads()[name], { method: "PUT", headers: authorized() })],
    [
      "to a body that is none",
      () => world.fetch(reads()[name], { method: "POST", headers: { ...authorized(), ...json }, body: "{" }),
    ],
    [
      "to a body that is too large",
      () =>
        world.fetch(reads()[name], { method: "POST", headers: json, body: JSON.stringify("x".repeat(1024 * 1024)) }),
    ],
    ...pages[name].map((path): [string, () => Promise<Response>] => [`at ${path}`, () => world.fetch(prefix + path)]),
  ];

  test.each(answers)(
    "%s is no page but its own, sniffed and framed by nobody, and tells no address",
    async (_, ask) => {
      const { headers } = await ask();
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/base-uri '(none|self)'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).not.toMatch(/unsafe|https?:(?!\/\/localhost)|\*/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    },
  );

  test.each(answers)("%s lets no page of another origin read it, and names nothing that serves it", async (_, ask) => {
    const { headers, url } = await ask();
    const cors = [...headers].filter(([header]) => header.startsWith("access-control-"));
    expect(cors).toEqual(published.test(url) ? [["access-control-allow-origin", "*"]] : []);
    expect(headers.get("server")).toBeNull();
    expect(headers.get("x-powered-by")).toBeNull();
  });

  test.each(answers)("%s has a type, and text a character set", async (_, ask) => {
    const answer = await ask();
    const type = answer.headers.get("content-type");
    if ((await answer.text()) === "") return;
    expect(type).toMatch(/^(application\/((problem|jwk-set)\+)?json|image\/png|(text\/\w+); ?charset=utf-8)/i);
  });

  test.each(answers.slice(0, 10))("%s is kept by nobody", async (_, ask) => {
    expect((await ask()).headers.get("cache-control")).toMatch(/no-store/);
  });
});
