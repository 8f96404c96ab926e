import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { builtInRoles, type Permission } from "../../services/kit/src/permissions.ts";

/*
 * What an OpenAPI document promises, tried on the service that serves it: every operation, every answer, every way to
 * ask wrongly, and everybody who may not. It is generated from the document, so that a new route cannot be forgotten:
 * an operation without a fixture fails.
 */

/** How an operation is asked so that it does what it is there for. Made anew for each time it is asked. */
export interface Fixture {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
  /** The success it answers with. */
  status: number;
}

export type Headers = Record<string, string>;

export interface Suite {
  /** Asked once everything is up. */
  start: () => Promise<World>;
  /** By operationId. */
  fixtures: Record<string, (world: World) => Promise<Fixture> | Fixture>;
}

export interface World {
  url: string;
  /** May do everything in `organisationId`. */
  owner: () => Promise<Headers>;
  /** Has the built-in role viewer there. */
  viewer: () => Promise<Headers>;
  /** Owns another organisation, and is no member of that one. */
  stranger: () => Promise<Headers>;
  organisationId: string;
  strangersOrganisationId: string;
}

interface Operation {
  operationId: string;
  "x-permission"?: Permission | "signed-in";
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown>; headers?: Record<string, unknown> }>;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}

interface Asked {
  path: string;
  method: string;
  operation: Operation;
}

/** Registers the tests. `operationIds` names the operations in advance, and is itself checked against the document. */
export function testOpenApi({ start, fixtures }: Suite): void {
  let world: World;
  let document: Document;
  let operations: Asked[];
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);

  beforeAll(async () => {
    world = await start();
    document = (await (await fetch(`${world.url}/openapi.json`)).json()) as Document;
    ajv.addSchema(document, "api");
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
  });

  const find = (id: string): Asked => {
    const found = operations.find(({ operation }) => operation.operationId === id);
    if (!found) throw new Error(`the document has no operation ${id}`);
    return found;
  };
  const fixtureOf = async (id: string): Promise<Fixture> => (await fixtures[id]?.(world)) ?? { status: 200 };

  const send = async ({ path, method }: Asked, fixture: Fixture, headers: Headers): Promise<Response> => {
    const at = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(fixture.params?.[name] ?? (name === "organisationId" ? world.organisationId : "")),
    );
    const query = new URLSearchParams(fixture.query).toString();
    const json = fixture.body !== undefined && typeof fixture.body !== "string";
    return fetch(`${world.url}${at}${query && `?${query}`}`, {
      method: method.toUpperCase(),
      redirect: "manual",
      headers: { ...(json && { "content-type": "application/json" }), ...fixture.headers, ...headers },
      ...(fixture.body !== undefined && { body: json ? JSON.stringify(fixture.body) : String(fixture.body) }),
    });
  };

  /** Throws unless the answer is one the document has, to the letter. */
  const expectDocumented = async ({ path, method, operation }: Asked, answer: Response): Promise<unknown> => {
    const text = await answer.text();
    const said = `${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`;
    const documented = operation.responses[String(answer.status)];
    expect(documented, said).toBeDefined();
    const [type] = (answer.headers.get("content-type") ?? "").split(";");
    const types = Object.keys(documented?.content ?? {});
    if (types.length === 0) {
      expect(text, said).toBe("");
      return undefined;
    }
    expect(types, said).toContain(type);
    if (!type?.endsWith("json")) return text;
    const at = ["paths", path, method, "responses", String(answer.status), "content", type, "schema"]
      .map(escape)
      .join("/");
    const body: unknown = JSON.parse(text);
    const valid = ajv.validate({ $ref: `api#/${at}` }, body);
    expect(valid, `${said}\n${ajv.errorsText()}`).toBe(true);
    return body;
  };

  const ids = Object.keys(fixtures);

  test("every operation has a fixture, and every fixture an operation", () => {
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(ids.toSorted());
    expect(document.openapi).toMatch(/^3\.1/);
  });

  describe.each(ids)("%s", (id) => {
    test("does what it says, and answers as documented", async () => {
      const fixture = await fixtureOf(id);
      const answer = await send(find(id), fixture, await world.owner());
      expect(answer.status, `${id}: ${await answer.clone().text()}`).toBe(fixture.status);
      await expectDocumented(find(id), answer);
    });

    test("refuses who does not say who they are", async () => {
      const asked = find(id);
      if (asked.operation["x-permission"] === undefined) return;
      const answer = await send(asked, await fixtureOf(id), {});
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^(Bearer|DPoP)/);
      await expectDocumented(asked, answer);
    });

    test("does not exist for a stranger, in our organisation and in theirs", async () => {
      const asked = find(id);
      const permission = asked.operation["x-permission"];
      if (permission === undefined || permission === "signed-in") return;
      const fixture = await fixtureOf(id);
      const stranger = await world.stranger();
      const ours = await send(asked, fixture, stranger);
      expect(ours.status).toBe(404);
      await expectDocumented(asked, ours);
      if (Object.keys(fixture.params ?? {}).every((name) => name === "organisationId")) return;
      const moved = { ...fixture, params: { ...fixture.params, organisationId: world.strangersOrganisationId } };
      const theirs = await send(asked, moved, stranger);
      expect(theirs.status, `${id} with an id of another organisation`).toBe(404);
      await expectDocumented(asked, theirs);
    });

    test("is only for those with the permission", async () => {
      const asked = find(id);
      const permission = asked.operation["x-permission"];
      if (permission === undefined || permission === "signed-in") return;
      const answer = await send(asked, await fixtureOf(id), await world.viewer());
      const viewerMay = (builtInRoles.viewer as readonly Permission[]).includes(permission);
      if (viewerMay) expect(answer.status).not.toBe(403);
      else expect(answer.status).toBe(403);
      await expectDocumented(asked, answer);
    });

    test("answers whatever it is sent with what the document has, and never blames itself", async () => {
      const asked = find(id);
      const fixture = await fixtureOf(id);
      const owner = await world.owner();
      await fc.assert(
        fc.asyncProperty(wrongly(asked, fixture), async (request) => {
          const answer = await send(asked, request, owner);
          expect(answer.status, JSON.stringify(request)).toBeLessThan(500);
          await expectDocumented(asked, answer);
        }),
        { numRuns: 25 },
      );
    });
  });
}

/** Requests like the fixture's with something in them that may be wrong. */
function wrongly({ operation }: Asked, fixture: Fixture): fc.Arbitrary<Fixture> {
  const ways: fc.Arbitrary<Fixture>[] = [];
  const params = Object.keys(fixture.params ?? {}).filter((name) => name !== "organisationId");
  if (params.length > 0) {
    ways.push(
      fc.tuple(fc.constantFrom(...params), fc.oneof(fc.constantFrom(...oddPaths), fc.uuid())).map(([name, value]) => ({
        ...fixture,
        params: { ...fixture.params, [name]: value },
      })),
    );
  }
  const known = operation.parameters.filter((one) => one.in === "query").map(({ name }) => name);
  ways.push(
    fc
      .tuple(
        fc.constantFrom(...known, "unknown"),
        fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: "binary", maxLength: 40 })),
      )
      .map(([name, value]) => ({ ...fixture, query: { ...fixture.query, [name]: value.toWellFormed() } })),
  );
  if (operation.requestBody && typeof fixture.body === "object" && fixture.body !== null) {
    const body: object = fixture.body;
    const value = fc.oneof(fc.constantFrom(...oddValues), fc.jsonValue({ maxDepth: 3 }));
    const fields = fc.oneof(fc.constantFrom(...Object.keys(body), "unknown"), fc.string());
    ways.push(
      value.map((wrong) => ({ ...fixture, body: wrong ?? null })),
      fc.tuple(fields, value).map(([name, wrong]) => ({ ...fixture, body: { ...body, [name]: wrong } })),
      fc.constantFrom(...Object.keys(body)).map((name) => ({
        ...fixture,
        body: Object.fromEntries(Object.entries(body).filter(([field]) => field !== name)),
      })),
    );
  }
  const headers = operation.parameters.filter((one) => one.in === "header").map(({ name }) => name);
  if (headers.length > 0) {
    ways.push(
      fc.tuple(fc.constantFrom(...headers), fc.constantFrom(...oddHeaders)).map(([name, value]) => ({
        ...fixture,
        headers: { ...fixture.headers, [name]: value },
      })),
    );
  }
  return fc.oneof(...ways);
}

const oddTexts = [
  "",
  " ",
  "0",
  "-1",
  "1e309",
  "NaN",
  "null",
  "true",
  "[]",
  "{}",
  "'; DROP TABLE tasks; --",
  "\u0000",
  "%00",
  "\u202e",
  "a".repeat(3000),
  "2026-13-45",
  "0000-00-00",
  "99999-01-01T00:00:00Z",
];
const oddPaths = [
  "0",
  "x",
  "%2e%2e",
  "null",
  "a".repeat(500),
  "00000000-0000-0000-0000-00000000000g",
  "\u0000",
  "ÿ",
];
const oddHeaders = ["", "*", '"0"', 'W/"1"', "x".repeat(300), '"'.repeat(50), ","];
const oddValues = [
  null,
  true,
  0,
  -1,
  1e308,
  1.5,
  "",
  "\u0000",
  "\ud800",
  "a".repeat(50_000),
  [],
  {},
  [[[[[[]]]]]],
  { toString: 1 },
  "2026-02-30",
];

/** A step of a JSON Pointer in a URI fragment. */
function escape(step: string): string {
  return encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"));
}
