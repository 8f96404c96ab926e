import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import ts from "typescript";
import { startAccessWorld, type AccessWorld, type Caller } from "./access-world.ts";
import { sources } from "./security-sources.ts";

/*
 * The auth service's routes about organisations, every one of them as it stands in the source, tried by the owner of another
 * organisation (OWASP ASVS 5.0, 8.2.2 and 8.4.1). The API's are generated from its document: api-access.integration.test.ts.
 */
let world: AccessWorld;
let owner: Caller;
let stranger: Caller;
let ours: Record<string, string>;
let theirs: string;

beforeAll(async () => {
  world = await startAccessWorld();
  [owner, stranger] = [await world.signIn("Owner"), await world.signIn("Stranger")];
  theirs = await organisation(stranger);
  ours = await fill(await organisation(owner));
});
afterAll(() => world[Symbol.asyncDispose]());

async function organisation(caller: Caller): Promise<string> {
  const slug = `team-${randomUUID().slice(0, 8)}`;
  return String((await caller.call("POST", "/organisations", { name: "A team", slug })).body["id"]);
}

/** One of everything, by the parameter that names it. */
async function fill(organisationId: string): Promise<Record<string, string>> {
  const make = async (what: string, body: object) => {
    const answer = await owner.call("POST", `/organisations/${organisationId}/${what}`, body);
    if (answer.status !== 201) throw new Error(`no ${what}: ${JSON.stringify(answer.body)}`);
    return String(answer.body["id"] ?? answer.body["name"]);
  };
  const role = "planner";
  await make("roles", { key: role, name: "Planner", permissions: ["task:read"] });
  const serviceAccountId = await make("service-accounts", { name: "A robot", role });
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  return {
    ...{ organisationId, role, serviceAccountId, subjectId: owner.id },
    invitationId: await make("invitations", { email: "friend@example.com", role }),
    apiKeyId: await make("api-keys", { name: "A key", permissions: ["task:read"], expiresAt }),
  };
}

/** Every route whose path names an organisation. */
const routes = sources
  .filter(({ file }) => file.startsWith("services/auth/src/access/routes/"))
  .flatMap(({ nodes }) => nodes.filter(ts.isObjectLiteralExpression))
  .flatMap((literal) => {
    const of = (name: string) =>
      literal.properties.find((property) => ts.isPropertyAssignment(property) && property.name.getText() === name);
    const text = (property: ts.ObjectLiteralElementLike | undefined) =>
      property && ts.isPropertyAssignment(property) && ts.isStringLiteral(property.initializer)
        ? property.initializer.text
        : undefined;
    const [method, path] = [text(of("method")), text(of("path"))];
    return method !== undefined && path?.includes(":organisationId") ? [{ method: method.toUpperCase(), path }] : [];
  });

const addressOf = (path: string, values: Record<string, string>) =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? `no-${name}`);

/** Everything of our organisation, in one text. */
async function fingerprint(): Promise<string> {
  const tables = ["organisations", "members", "roles", "invitations", "api_keys"];
  const texts = tables.map((table) => {
    const key = table === "organisations" ? "id" : "organisation_id";
    return `SELECT '${table}' || string_agg(t::text, '' ORDER BY t::text) AS part FROM access.${table} t WHERE ${key} = '${ours["organisationId"]}'`;
  });
  return JSON.stringify(await world.daemons.sqlIn("app", texts.join(" UNION ALL ")));
}

test("there are routes", () => {
  expect(routes.length).toBeGreaterThanOrEqual(20);
});

test.each(routes)("$method $path shows and does nothing for another organisation's owner", async ({ method, path }) => {
  const before = await fingerprint();
  const body = method === "GET" || method === "DELETE" ? undefined : {};
  const headers = { "if-match": '"1"' };
  const there = await stranger.call(method, addressOf(path, ours), body, { headers });
  expect([there.status, there.body["code"]]).toEqual([404, "not_found"]);
  const nobody = await world.caller("Bearer nothing").call(method, addressOf(path, ours), body);
  expect(nobody.status).toBe(401);
  const names = [...path.matchAll(/:(\w+)/g)].flatMap(([, name = ""]) => (name === "organisationId" ? [] : [name]));
  if (names.length > 0) {
    // our ids under their own organisation; a role's name is no id: theirs of that name would be theirs
    const here = await stranger.call(method, addressOf(path, { ...ours, organisationId: theirs }), body, { headers });
    expect([400, 404], JSON.stringify(here.body)).toContain(here.status);
  }
  expect(await fingerprint()).toBe(before);
});
