import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type IntrospectionQuery,
} from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld, type Caller, type World } from "./api-data-world.ts";
import { startService, type RunningService } from "./service.ts";

const release = new AsyncDisposableStack();
let world: World;
/** As in production: nothing of the schema is shown, and only known operations run. */
let closed: RunningService;
let schema: GraphQLSchema;

const known = "query Known { me { id } }";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

beforeAll(async () => {
  world = release.use(await startWorld());
  const folder = mkdtempSync(join(tmpdir(), "purlin-graphql-"));
  release.defer(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "operations.json");
  writeFileSync(file, JSON.stringify({ [sha256(known)]: known }));
  const env = { ...world.env, GRAPHQL_OPERATIONS_FILE: file };
  closed = release.use(await startService("api", "api-closed", env));
  const introspection = await run(getIntrospectionQuery());
  schema = buildClientSchema(introspection.data as unknown as IntrospectionQuery);
});

afterAll(() => release.disposeAsync());

interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

async function send(
  body: unknown,
  caller?: Caller,
  headers: Record<string, string> = {},
  url = world.api.url,
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      ...(await caller?.headers()),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function run(query: string, variables: object = {}, caller = world.ours.owner): Promise<Result> {
  return (await (await send({ query, variables }, caller)).json()) as Result;
}

const codes = ({ errors = [] }: Result) => errors.map(({ extensions }) => extensions?.["code"]);

/** An argument's literal: ours where it names something, else anything that fits. */
function literal(name: string, type: GraphQLInputType): string {
  const ours: Record<string, string> = {
    organisationId: world.ours.organisationId,
    projectId: world.ours.projectId,
    taskId: world.ours.taskId,
    id: world.ours.taskId,
  };
  if (ours[name] !== undefined) return JSON.stringify(ours[name]);
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const fields = Object.values(named.getFields()).filter(
      (field) => isRequiredInputField(field) || named.name.endsWith("Changes"),
    );
    return `{ ${fields.map((field) => `${field.name}: ${literal(field.name, field.type)}`).join(", ")} }`;
  }
  const values: Record<string, string> = {
    Int: "1",
    Float: "1",
    Boolean: "false",
    TaskStatus: "done",
    Date: '"2030-01-01"',
  };
  if (name === "assigneeId") return "null";
  if (name === "key") return '"TRIED"';
  if (name === "contentType") return '"text/plain"';
  return values[named.name] ?? '"tried"';
}

/** One operation for each mutation there is, on what is ours. */
function everyMutation(): [string, string][] {
  return Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => {
    const args = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.name, arg.type)}`);
    const selection = isObjectType(getNamedType(field.type)) ? " { __typename }" : "";
    return [field.name, `mutation { ${field.name}(${args.join(", ")})${selection} }`];
  });
}

describe("another organisation", () => {
  test("gets nothing by any mutation there is, so that a new one cannot be forgotten", async () => {
    const before = await world.daemons.sqlIn("app", "SELECT count(*)::int AS n FROM platform.outbox");
    const all = everyMutation();
    expect(all.length).toBeGreaterThanOrEqual(11);
    for (const [name, operation] of all) {
      const result = await run(operation, {}, world.theirs.owner);
      expect([name, codes(result), result.data?.[name]]).toEqual([name, ["not_found"], null]);
      const theirs = operation.replaceAll(world.ours.organisationId, world.theirs.organisationId);
      if (name === "createProject") continue; // names nothing of ours
      const crossed = await run(theirs, {}, world.theirs.owner);
      expect([name, codes(crossed), crossed.data?.[name]]).toEqual([name, ["not_found"], null]);
    }
    expect(await world.daemons.sqlIn("app", "SELECT count(*)::int AS n FROM platform.outbox")).toEqual(before);
  });

  test("a viewer may do none of them", async () => {
    for (const [name, operation] of everyMutation()) {
      expect([name, codes(await run(operation, {}, world.ours.viewer))]).toEqual([name, ["forbidden"]]);
    }
  });

  test("finds nothing by any field of the organisation there is", async () => {
    const organisation = schema.getType("Organisation") as GraphQLObjectType;
    for (const field of Object.values(organisation.getFields())) {
      const args = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.name, arg.type)}`);
      const selection = isObjectType(getNamedType(field.type)) ? " { __typename }" : "";
      const text = `${field.name}${args.length === 0 ? "" : `(${args.join(", ")})`}${selection}`;
      const foreign = await run(
        `{ organisation(id: "${world.ours.organisationId}") { ${text} } }`,
        {},
        world.theirs.owner,
      );
      expect(foreign).toMatchObject({ data: { organisation: null }, errors: [{ extensions: { code: "not_found" } }] });
      const own = await run(
        `{ organisation(id: "${world.theirs.organisationId}") { ${text} } }`,
        {},
        world.theirs.owner,
      );
      expect(JSON.stringify(own)).not.toMatch(/Ours/);
    }
    const crossed = `{ organisation(id: "${world.theirs.organisationId}") {
      task(id: "${world.ours.taskId}") { title } project(id: "${world.ours.projectId}") { name }
      tasks(filter: { projectId: "${world.ours.projectId}" }) { nodes { title } } } }`;
    expect(await run(crossed, {}, world.theirs.owner)).toEqual({
      data: { organisation: { task: null, project: null, tasks: { nodes: [] } } },
    });
  });

  test("a token with fewer permissions has fewer fields", async () => {
    const headers = await world.issuer.bearer(world.ours.owner.id, { scope: "organisation:read project:read" });
    const query = `{ organisation(id: "${world.ours.organisationId}") {
      name projects { nodes { name createdBy { name } tasks { nodes { title } } } } tasks { nodes { title } } } }`;
    const result = (await (await send({ query }, undefined, headers)).json()) as Result;
    expect(codes(result)).toEqual(["forbidden", "forbidden"]);
    expect(result.data).toMatchObject({
      organisation: { name: "Ours", tasks: null, projects: { nodes: [{ createdBy: { name: null }, tasks: null }] } },
    });
  });
});

describe("limits", () => {
  const deep = (levels: number) =>
    `{ organisation(id: "x") { ${'task(id: "x") { project { tasks(first: 1) { nodes { '.repeat(levels)} id ${"} } } }".repeat(levels)} } }`;

  test.each<[string, () => string, RegExp]>([
    ["depth", () => deep(4), /depth limit/],
    [
      "depth through fragments",
      () =>
        `{ organisation(id: "x") { ...A } } ${["A", "B", "C", "D"].map((name, n) => `fragment ${name} on Organisation { tasks { nodes { project { activity { nodes { task { project { id } } } } } } } ${n < 3 ? `...${"BCD"[n] ?? ""}` : ""} }`).join(" ")}`,
      /depth limit|Fragment/,
    ],
    ["aliases", () => `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: me { id }`).join(" ")} }`, /Aliases limit/],
    ["tokens", () => `{ ${"me { id } ".repeat(1000)} }`, /Token limit/],
    [
      "fragments in a circle",
      () => "{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...A }",
      /Cannot spread fragment/,
    ],
    [
      "directives without end",
      () => `{ me { id ${"@include(if: true) ".repeat(1000)} } }`,
      /Token limit|can only be used once/,
    ],
  ])("%s", async (_, query, message) => {
    const answer = await send({ query: query() }, world.ours.owner);
    expect(answer.status).toBe(400);
    const { data, errors } = (await answer.json()) as Result;
    expect(data).toBeUndefined();
    expect(errors?.map((error) => error.message).join()).toMatch(message);
  });

  test("cost counts what a variable asks for, not how short the text is", async () => {
    const query = `query ($o: ID!, $n: Int!) { organisation(id: $o) { projects(first: $n) { nodes { tasks(first: $n) { nodes {
      comments(first: $n) { nodes { body } } } } } } } }`;
    const ask = (n: number) => send({ query, variables: { o: world.ours.organisationId, n } }, world.ours.owner);
    expect((await ask(5)).status).toBe(200);
    const refused = await ask(100);
    expect(refused.status).toBe(400);
    expect(codes((await refused.json()) as Result)).toEqual(["too_costly"]);
  });

  test("fragments that name each other many times are refused before they are walked", async () => {
    const names = "abcdefghijklmnopqrst".split("");
    const fragments = names.map(
      (name, n) =>
        `fragment ${name} on Me { ${names[n + 1] ? `...${names[n + 1] ?? ""} ...${names[n + 1] ?? ""}` : "id"} }`,
    );
    const answer = await send({ query: `{ me { ...a } } ${fragments.join(" ")}` }, world.ours.owner);
    expect([200, 400]).toContain(answer.status); // 2^20 visits would not come to an end in this test's time
  });

  test("what operations cost is counted over the minute", async () => {
    await world.daemons.sqlIn("app", "SELECT 1");
    const query = `query ($o: ID!) { organisation(id: $o) { tasks(first: 100) { nodes { comments(first: 10) { nodes { body } } } } } }`;
    const statuses: number[] = [];
    const variables = { o: world.theirs.organisationId };
    for (let n = 0; n < 200 && statuses.at(-1) !== 429; n++) {
      const some = await Promise.all(Array.from({ length: 10 }, () => send({ query, variables }, world.theirs.owner)));
      statuses.push(...some.map(({ status }) => status).sort());
    }
    expect(statuses.at(-1)).toBe(429);
    const refused = await send({ query, variables }, world.theirs.owner);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await send({ query: "{ me { id } }" }, world.ours.owner)).status).toBe(200);
  });
});

describe("requests that are not taken", () => {
  test("without credentials, with broken ones", async () => {
    const answer = await send({ query: "{ me { id } }" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^(Bearer|DPoP)/);
    expect((await send({ query: "{ me { id } }" }, undefined, { authorization: "Bearer x" })).status).toBe(401);
  });

  test.each([
    ["a form", "application/x-www-form-urlencoded", "query=%7B__typename%7D"],
    ["text", "text/plain", '{"query":"{ __typename }"}'],
    [
      "a form of parts",
      "multipart/form-data; boundary=x",
      '--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{ __typename }\r\n--x--',
    ],
    ["no type", "", '{"query":"{ __typename }"}'],
  ])("%s, as another origin's page could send it", async (_, type, body) => {
    expect((await send(body, world.ours.owner, { "content-type": type })).status).toBe(415);
  });

  test("a batch", async () => {
    const answer = await send([{ query: "{ me { id } }" }, { query: "{ me { id } }" }], world.ours.owner);
    expect(answer.status).toBe(400);
  });

  test("a mutation by GET", async () => {
    const [, operation] = everyMutation()[0] ?? [];
    const url = `${world.api.url}/graphql?query=${encodeURIComponent(operation ?? "")}`;
    const answer = await fetch(url, { headers: await world.ours.owner.headers() });
    expect(answer.status).toBe(405);
  });

  test("a body that is too large", async () => {
    const answer = await send({ query: "{ me { id } }", variables: { x: "x".repeat(300_000) } }, world.ours.owner);
    expect(answer.status).toBe(413);
  });
});

describe("errors", () => {
  test("say nothing of the inside, when Postgres is away", async () => {
    await world.daemons.primary.kill();
    try {
      const { o, p } = { o: world.ours.organisationId, p: world.ours.projectId };
      const result = await run(
        `mutation { createTask(organisationId: "${o}", projectId: "${p}", input: { title: "x" }) { id } }`,
      );
      expect(codes(result)).toEqual(["unavailable"]);
      expect(JSON.stringify(result)).not.toMatch(/ECONN|127\.0\.0\.1|stack|node_modules/);
    } finally {
      await world.daemons.primary.start();
    }
  });
});

describe("persisted operations", () => {
  const query = "query Persisted { me { id } }";
  const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };

  test("a hash is unknown, then registered, then enough; for everybody and every instance", async () => {
    expect(codes((await (await send({ extensions }, world.ours.owner)).json()) as Result)).toEqual([
      "PERSISTED_QUERY_NOT_FOUND",
    ]);
    const registered = (await (await send({ query, extensions }, world.ours.owner)).json()) as Result;
    expect(registered.data).toEqual({ me: { id: world.ours.owner.id } });
    const again = (await (await send({ extensions }, world.theirs.viewer)).json()) as Result;
    expect(again.data).toEqual({ me: { id: world.theirs.viewer.id } });
    const url = `${world.api.url}/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`;
    const got = (await (await fetch(url, { headers: await world.ours.owner.headers() })).json()) as Result;
    expect(got.data).toEqual({ me: { id: world.ours.owner.id } });
  });

  test("a document under another's hash is refused, so that nobody's operation can be replaced", async () => {
    const other = { persistedQuery: { version: 1, sha256Hash: sha256("query Other { me { id } }") } };
    const answer = await send({ query, extensions: other }, world.ours.owner);
    expect(answer.status).toBe(400);
    expect(codes((await (await send({ extensions: other }, world.ours.owner)).json()) as Result)).toEqual([
      "PERSISTED_QUERY_NOT_FOUND",
    ]);
  });

  test("with a manifest only its operations run, and only by hash", async () => {
    const trusted = { persistedQuery: { version: 1, sha256Hash: sha256(known) } };
    const result = (await (await send({ extensions: trusted }, world.ours.owner, {}, closed.url)).json()) as Result;
    expect(result.data).toEqual({ me: { id: world.ours.owner.id } });
    for (const body of [
      { query: known },
      { query: known, extensions: trusted },
      { query, extensions },
      { extensions },
      {},
    ]) {
      expect((await send(body, world.ours.owner, {}, closed.url)).status).toBe(400);
    }
  });
});

describe("without introspection", () => {
  let quiet: RunningService;
  beforeAll(async () => {
    quiet = release.use(await startService("api", "api-quiet", { ...world.env, GRAPHQL_INTROSPECTION: "false" }));
  });

  test("the schema is neither shown nor hinted at", async () => {
    const ask = async (query: string, variables: object = {}) =>
      (await (await send({ query, variables }, world.ours.owner, {}, quiet.url)).json()) as Result;
    expect((await ask("{ __schema { types { name } } }")).data).toBeUndefined();
    expect((await ask('{ __type(name: "Task") { fields { name } } }')).data).toBeUndefined();
    const guess = await ask("{ organisatio(id: 1) { id } }");
    expect(guess.errors?.[0]?.message).toBe('Cannot query field "organisatio" on type "Query".');
    const value = await ask(
      `query ($o: ID!) { organisation(id: $o) { tasks(filter: { status: [don] }) { nodes { id } } } }`,
      { o: world.ours.organisationId },
    );
    expect(JSON.stringify(value)).not.toMatch(/Did you mean|"done"/);
    const coerced = await ask(
      `query ($s: [TaskStatus!], $o: ID!) { organisation(id: $o) { tasks(filter: { status: $s }) { nodes { id } } } }`,
      { s: ["don"], o: "x" },
    );
    expect(JSON.stringify(coerced)).not.toMatch(/Did you mean|"done"/);
    expect((await run("{ organisatio(id: 1) { id } }")).errors?.[0]?.message).toMatch(/Did you mean "organisation"/);
  });
});
