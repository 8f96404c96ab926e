import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startAccessWorld, type AccessWorld, type Answer, type Caller } from "./access-world.ts";
import { setRole } from "./tenants.ts";

let world: AccessWorld;

beforeAll(async () => {
  world = await startAccessWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

const appRows = (text: string) => world.daemons.sqlIn("app", text);

let ada: Caller;
let organisation: string;
let path: string;

const slug = () => `s-${randomUUID().slice(0, 13)}`;

beforeEach(async () => {
  ada = await world.signIn("Ada");
  const created = await ada.call("POST", "/organisations", { name: "Engines", slug: slug() });
  expect(created.status).toBe(201);
  organisation = String(created.body["id"]);
  path = `/organisations/${organisation}`;
});

/** Somebody with a role in Ada's organisation. */
async function join(name: string, role: string, permissions?: string[]): Promise<Caller> {
  const caller = await world.signIn(name, permissions);
  await setRole(world.daemons, organisation, caller.id, role);
  await world.replicated();
  return caller;
}

const problem = (code: string) => expect.objectContaining({ code }) as unknown;

/** Events of the outbox and entries of the audit log, as `type`. */
async function told(): Promise<{ events: string[]; audited: string[] }> {
  const events = await appRows(
    `SELECT type FROM platform.outbox WHERE organisation_id = '${organisation}' ORDER BY id`,
  );
  const audited = await appRows(
    `SELECT action FROM platform.audit_events WHERE organisation_id = '${organisation}' ORDER BY id`,
  );
  return { events: events.map((row) => String(row["type"])), audited: audited.map((row) => String(row["action"])) };
}

/** Seconds until `attempt` is answered with `status`. */
async function until(status: number, attempt: () => Promise<Answer>): Promise<number> {
  const start = performance.now();
  while ((await attempt()).status !== status) {
    if (performance.now() - start > 5000) throw new Error(`it is not ${status} after 5 s`);
    await sleep(10);
  }
  return (performance.now() - start) / 1000;
}

describe("organisations", () => {
  test("whoever creates one owns it, and sees it at once, on every instance", async () => {
    const warm = await ada.call("GET", "/me", undefined, { on: 2 });
    expect(warm.status).toBe(200);
    const created = await ada.call("POST", "/organisations", { name: "  Looms ", slug: slug() });
    expect(created.body).toMatchObject({ name: "Looms", version: 1 });
    const found = await ada.call("GET", `/organisations/${String(created.body["id"])}`, undefined, {
      on: 2,
    });
    expect(found).toMatchObject({ status: 200, body: { name: "Looms" } });
    expect(found.headers.get("etag")).toBe('"1"');
    const me = await ada.call("GET", "/me");
    expect(me.body).toMatchObject({ subjectId: ada.id, kind: "user", via: "token", email: ada.email });
    expect(me.body["organisations"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "Looms", role: "owner" })]),
    );
  });

  test("are listed for their members only", async () => {
    const eve = await world.signIn("Eve");
    await eve.call("POST", "/organisations", { name: "Eve's", slug: slug() });
    const list = await ada.call("GET", "/organisations");
    expect(list.body.items.map(({ name }) => name)).toEqual(["Engines"]);
    expect(list.body.items[0]).toMatchObject({ id: organisation, role: "owner" });
  });

  test("change only for who has seen the latest version", async () => {
    expect((await ada.call("PATCH", path, { name: "New" })).body).toEqual(problem("precondition_required"));
    const changed = await ada.call("PATCH", path, { name: "New" }, { headers: { "if-match": '"1"' } });
    expect(changed).toMatchObject({ status: 200, body: { name: "New", version: 2 } });
    expect((await ada.call("PATCH", path, { name: "Late" }, { headers: { "if-match": '"1"' } })).status).toBe(412);
  });

  test("of two changes at the same time one is refused", async () => {
    const rename = (name: string) => ada.call("PATCH", path, { name }, { headers: { "if-match": '"1"' } });
    const answers = await Promise.all([rename("One"), rename("Two"), rename("Three")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  test("have a slug nobody else has, until they are deleted", async () => {
    const taken = String((await ada.call("GET", path)).body["slug"]);
    const eve = await world.signIn("Eve");
    expect((await eve.call("POST", "/organisations", { name: "Same", slug: taken })).body).toEqual(problem("conflict"));
    expect((await ada.call("DELETE", path)).status).toBe(204);
    expect((await eve.call("POST", "/organisations", { name: "Same", slug: taken })).status).toBe(201);
  });

  test("are gone for everybody within a second once deleted", async () => {
    const member = await join("Bob", "member");
    expect((await member.call("GET", path, undefined, { on: 2 })).status).toBe(200);
    expect((await ada.call("DELETE", path)).status).toBe(204);
    expect(await until(404, () => member.call("GET", path, undefined, { on: 2 }))).toBeLessThan(1);
    expect((await told()).events).toEqual(["organisation.created", "organisation.deleted"]);
  });

  test.each([
    { name: "", slug: "good" },
    { name: "x".repeat(101), slug: "good" },
    { name: "x", slug: "Bad Slug" },
    { name: "x", slug: "-x" },
    { name: "x", slug: "good", owner: "me" },
    {},
  ])("%j is refused", async (body) => {
    expect((await ada.call("POST", "/organisations", body)).body).toEqual(problem("invalid_request"));
  });
});

describe("members and what they may do", () => {
  test("a stranger is told that nothing is there, wherever it looks", async () => {
    const eve = await world.signIn("Eve");
    for (const below of ["", "/members", "/roles", "/invitations", "/service-accounts", "/api-keys", "/audit-events"]) {
      expect(await eve.call("GET", path + below)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect((await eve.call("POST", `${path}/leave`)).status).toBe(404);
    expect((await eve.call("POST", `/organisations/${randomUUID()}/leave`)).status).toBe(404);
  });

  test("ids of another organisation do not lead into it", async () => {
    const eve = await world.signIn("Eve");
    const own = await eve.call("POST", "/organisations", { name: "Eve's", slug: slug() });
    const base = `/organisations/${String(own.body["id"])}`;
    const account = await ada.call("POST", `${path}/service-accounts`, { name: "ci", role: "viewer" });
    const key = await ada.call("POST", `${path}/api-keys`, {
      name: "k",
      permissions: ["task:read"],
      expiresAt: soon(),
    });
    const invited = await ada.call("POST", `${path}/invitations`, { email: "x@example.com", role: "viewer" });
    for (const [method, foreign] of [
      ["GET", `members/${ada.id}`],
      ["DELETE", `members/${ada.id}`],
      ["GET", `service-accounts/${String(account.body["id"])}`],
      ["DELETE", `service-accounts/${String(account.body["id"])}`],
      ["DELETE", `api-keys/${String(key.body["id"])}`],
      ["DELETE", `invitations/${String(invited.body["id"])}`],
    ] as const) {
      expect((await eve.call(method, `${base}/${foreign}`)).body).toEqual(problem("not_found"));
    }
    const steal = { name: "k", permissions: ["task:read"], expiresAt: soon(), serviceAccountId: account.body["id"] };
    expect((await eve.call("POST", `${base}/api-keys`, steal)).body).toEqual(problem("not_found"));
  });

  test("a viewer reads and is refused the rest, which exists", async () => {
    const vera = await join("Vera", "viewer");
    expect((await vera.call("GET", `${path}/members`)).status).toBe(200);
    for (const [method, below, body] of [
      ["PATCH", "", { name: "x" }],
      ["DELETE", "", undefined],
      ["PATCH", `/members/${ada.id}`, { role: "viewer" }],
      ["DELETE", `/members/${ada.id}`, undefined],
      ["POST", "/roles", { key: "x1", name: "X", permissions: [] }],
      ["POST", "/invitations", { email: "x@example.com", role: "viewer" }],
      ["POST", "/service-accounts", { name: "x", role: "viewer" }],
      ["POST", "/api-keys", { name: "x", permissions: ["task:read"], expiresAt: soon() }],
      ["GET", "/api-keys", undefined],
      ["GET", "/audit-events", undefined],
    ] as const) {
      expect((await vera.call(method, path + below, body)).body).toEqual(problem("forbidden"));
    }
  });

  test("are listed page by page, each once", async () => {
    for (let n = 0; n < 4; n++) await join(`M${n}`, "member");
    const seen: unknown[] = [];
    for (let at = `${path}/members?limit=2`; at !== "";) {
      const { body } = await ada.call("GET", at);
      seen.push(...body.items.map(({ subjectId }) => subjectId));
      at = typeof body["next"] === "string" ? `${path}/members?limit=2&cursor=${body["next"]}` : "";
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test("get another role, which counts within a second", async () => {
    const bob = await join("Bob", "viewer");
    expect((await bob.call("GET", `${path}/audit-events`, undefined, { on: 2 })).status).toBe(403);
    const changed = await ada.call("PATCH", `${path}/members/${bob.id}`, { role: "admin" });
    expect(changed).toMatchObject({ status: 200, body: { subjectId: bob.id, role: "admin" } });
    expect((await bob.call("GET", `${path}/audit-events`, undefined, { on: 2 })).status).toBe(200); // what is given counts at once
    await ada.call("PATCH", `${path}/members/${bob.id}`, { role: "viewer" });
    expect(await until(403, () => bob.call("GET", `${path}/audit-events`, undefined, { on: 2 }))).toBeLessThan(1);
    expect((await told()).audited.filter((action) => action === "member.role_changed")).toHaveLength(2);
  });

  test("who is removed is out within a second, everywhere", async () => {
    const bob = await join("Bob", "member");
    expect((await bob.call("GET", path, undefined, { on: 2 })).status).toBe(200);
    expect((await ada.call("DELETE", `${path}/members/${bob.id}`)).status).toBe(204);
    expect(await until(404, () => bob.call("GET", path, undefined, { on: 2 }))).toBeLessThan(1);
    expect((await told()).events).toContain("member.removed");
  });

  test("nobody gives, takes or touches more than they have", async () => {
    const admin = await join("Ann", "admin");
    const bob = await join("Bob", "member");
    const attempts = [
      admin.call("PATCH", `${path}/members/${bob.id}`, { role: "owner" }),
      admin.call("PATCH", `${path}/members/${admin.id}`, { role: "owner" }),
      admin.call("PATCH", `${path}/members/${ada.id}`, { role: "viewer" }),
      admin.call("DELETE", `${path}/members/${ada.id}`),
      admin.call("POST", `${path}/invitations`, { email: "x@example.com", role: "owner" }),
      admin.call("POST", `${path}/service-accounts`, { name: "x", role: "owner" }),
      admin.call("POST", `${path}/roles`, { key: "boss", name: "Boss", permissions: ["organisation:manage"] }),
      admin.call("POST", `${path}/api-keys`, { name: "x", permissions: ["organisation:manage"], expiresAt: soon() }),
    ];
    for (const answer of await Promise.all(attempts)) expect(answer.body).toEqual(problem("forbidden"));
  });

  test("an application with single permissions cannot give what it was not given", async () => {
    const narrow = await world.signIn("Nell", ["member:manage", "member:read"]);
    await setRole(world.daemons, organisation, narrow.id, "owner");
    const bob = await join("Bob", "viewer");
    expect((await narrow.call("PATCH", `${path}/members/${bob.id}`, { role: "member" })).body).toEqual(
      problem("forbidden"),
    );
    expect((await narrow.call("POST", "/organisations", { name: "X", slug: slug() })).body).toEqual(
      problem("forbidden"),
    );
    expect((await narrow.call("POST", `${path}/leave`)).body).toEqual(problem("forbidden"));
  });

  test("the last owner can neither leave nor be demoted, not even when two go at once", async () => {
    const eve = await join("Eve", "owner");
    const answers = await Promise.all([
      ada.call("POST", `${path}/leave`),
      eve.call("POST", `${path}/leave`, undefined, { on: 2 }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const last = answers[0].status === 409 ? ada : eve;
    expect((await last.call("PATCH", `${path}/members/${last.id}`, { role: "admin" })).body).toEqual(
      problem("conflict"),
    );
    expect((await last.call("DELETE", `${path}/members/${last.id}`)).body).toEqual(problem("conflict"));
  });
});

describe("roles", () => {
  test("of the organisation's own are created, given, changed and deleted when unused", async () => {
    const created = await ada.call("POST", `${path}/roles`, {
      key: "planner",
      name: "Planner",
      permissions: ["organisation:read", "task:read"],
    });
    expect(created).toMatchObject({ status: 201, body: { key: "planner", builtIn: false, version: 1 } });
    const bob = await join("Bob", "viewer");
    expect((await ada.call("PATCH", `${path}/members/${bob.id}`, { role: "planner" })).status).toBe(200);
    expect(await until(403, () => bob.call("GET", `${path}/members`, undefined, { on: 2 }))).toBeLessThan(1);
    const more = { permissions: ["organisation:read", "member:read"] };
    const changed = await ada.call("PATCH", `${path}/roles/planner`, more, { headers: { "if-match": '"1"' } });
    expect(changed).toMatchObject({ status: 200, body: { version: 2, ...more } });
    expect((await bob.call("GET", `${path}/members`, undefined, { on: 2 })).status).toBe(200);
    expect((await ada.call("DELETE", `${path}/roles/planner`)).body).toEqual(problem("conflict"));
    await ada.call("PATCH", `${path}/members/${bob.id}`, { role: "viewer" });
    expect((await ada.call("DELETE", `${path}/roles/planner`)).status).toBe(204);
    expect((await ada.call("GET", `${path}/roles/planner`)).status).toBe(404);
  });

  test("that are built in stay as they are", async () => {
    const headers = { "if-match": '"1"' };
    expect((await ada.call("PATCH", `${path}/roles/viewer`, { permissions: [] }, { headers })).body).toEqual(
      problem("conflict"),
    );
    expect((await ada.call("DELETE", `${path}/roles/owner`)).body).toEqual(problem("conflict"));
    expect((await ada.call("POST", `${path}/roles`, { key: "owner", name: "x", permissions: [] })).body).toEqual(
      problem("conflict"),
    );
    expect((await ada.call("GET", `${path}/roles`)).body.items.map(({ key }) => key)).toEqual([
      "owner",
      "admin",
      "member",
      "viewer",
    ]);
  });

  test("that do not exist cannot be given, nor those of another organisation", async () => {
    const eve = await world.signIn("Eve");
    const other = await eve.call("POST", "/organisations", { name: "Eve's", slug: slug() });
    await eve.call("POST", `/organisations/${String(other.body["id"])}/roles`, {
      key: "theirs",
      name: "x",
      permissions: [],
    });
    const bob = await join("Bob", "viewer");
    for (const role of ["nothing", "theirs", "__proto__", "constructor"]) {
      expect((await ada.call("PATCH", `${path}/members/${bob.id}`, { role })).body).toEqual(problem("invalid_request"));
    }
  });
});

describe("invitations", () => {
  /** The token of the latest mail to `email`. */
  async function tokenFor(email: string): Promise<string> {
    const { link } = await world.mail.next(email, /invites you to Engines/);
    const token = new URL(link("/invitation")).searchParams.get("token") ?? "";
    expect(token).toMatch(/^[\w-]{43}$/);
    world.mail.mails.length = 0;
    return token;
  }

  test("are one invitation and one mail, however often the same key asks for it", async () => {
    const headers = { "idempotency-key": randomUUID() };
    const email = `guest-${randomUUID()}@example.com`;
    const invite = () => ada.call("POST", `${path}/invitations`, { email, role: "viewer" }, { headers });
    const answers = await Promise.all([invite(), invite(), invite()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body["id"])).size).toBe(1);
    expect(await told()).toMatchObject({ events: ["organisation.created", "invitation.created"] });
    await world.mail.next(email, /invites you to Engines/);
    expect(world.mail.mails.filter(({ to }) => to === email)).toHaveLength(1);
  });

  test("bring in who was invited, with the role they were invited with", async () => {
    const bob = await world.signIn("Bob");
    const invited = await ada.call("POST", `${path}/invitations`, { email: bob.email.toUpperCase(), role: "viewer" });
    expect(invited.status).toBe(201);
    expect(JSON.stringify(invited.body)).not.toContain("token");
    expect((await ada.call("GET", `${path}/invitations`)).body.items).toHaveLength(1);
    const token = await tokenFor(bob.email.toUpperCase());
    expect((await bob.call("GET", path)).status).toBe(404);
    const accepted = await bob.call("POST", "/invitations/accept", { token });
    expect(accepted).toMatchObject({ status: 200, body: { organisationId: organisation, role: "viewer" } });
    expect((await bob.call("GET", path)).status).toBe(200);
    expect((await ada.call("GET", `${path}/invitations`)).body.items).toEqual([]);
    expect((await bob.call("POST", "/invitations/accept", { token })).status).toBe(404);
    expect((await told()).events).toEqual(["organisation.created", "invitation.created", "member.added"]);
  });

  test("are for the address they were sent to, whoever holds the token", async () => {
    const bob = await world.signIn("Bob");
    const eve = await world.signIn("Eve");
    await ada.call("POST", `${path}/invitations`, { email: bob.email, role: "viewer" });
    const token = await tokenFor(bob.email);
    for (const caller of [eve, ada]) {
      expect((await caller.call("POST", "/invitations/accept", { token })).body).toEqual(problem("not_found"));
    }
    expect((await eve.call("POST", "/invitations/accept", { token: "x".repeat(43) })).body).toEqual(
      problem("not_found"),
    );
    expect((await bob.call("POST", "/invitations/accept", { token })).status).toBe(200);
  });

  test("that expired, were taken back or replaced are void", async () => {
    const bob = await world.signIn("Bob");
    const invite = () => ada.call("POST", `${path}/invitations`, { email: bob.email, role: "viewer" });
    await invite();
    const replaced = await tokenFor(bob.email);
    const { body } = await invite();
    const revoked = await tokenFor(bob.email);
    expect((await ada.call("GET", `${path}/invitations`)).body.items).toHaveLength(1);
    expect((await ada.call("DELETE", `${path}/invitations/${String(body["id"])}`)).status).toBe(204);
    await invite();
    const expired = await tokenFor(bob.email);
    await appRows(`UPDATE access.invitations SET expires_at = now() WHERE organisation_id = '${organisation}'`);
    for (const token of [replaced, revoked, expired]) {
      expect((await bob.call("POST", "/invitations/accept", { token })).body).toEqual(problem("not_found"));
    }
  });

  test("can be accepted once, however often it is tried at the same time", async () => {
    const bob = await world.signIn("Bob");
    await ada.call("POST", `${path}/invitations`, { email: bob.email, role: "viewer" });
    const token = await tokenFor(bob.email);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => bob.call("POST", "/invitations/accept", { token }, { on: n % 2 ? 1 : 2 })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(7);
  });

  test("of who is a member already are refused, and those of who left are void", async () => {
    const bob = await join("Bob", "admin");
    expect((await ada.call("POST", `${path}/invitations`, { email: bob.email, role: "viewer" })).body).toEqual(
      problem("conflict"),
    );
    const carol = await world.signIn("Carol");
    await bob.call("POST", `${path}/invitations`, { email: carol.email, role: "viewer" });
    const token = await tokenFor(carol.email);
    await ada.call("DELETE", `${path}/members/${bob.id}`);
    expect((await carol.call("POST", "/invitations/accept", { token })).body).toEqual(problem("not_found"));
  });

  test("are kept as a hash, and nothing is kept of one whose mail could not be queued", async () => {
    await world.daemons.sqlIn("auth", "ALTER TABLE mails RENAME TO mails_away");
    try {
      expect((await ada.call("POST", `${path}/invitations`, { email: "q@example.com", role: "viewer" })).status).toBe(
        500,
      );
    } finally {
      await world.daemons.sqlIn("auth", "ALTER TABLE mails_away RENAME TO mails");
    }
    expect((await ada.call("GET", `${path}/invitations`)).body.items).toEqual([]);
    expect((await told()).events).toEqual(["organisation.created"]);
    await ada.call("POST", `${path}/invitations`, { email: "q@example.com", role: "viewer" });
    const token = await tokenFor("q@example.com");
    const [dump] = await appRows("SELECT string_agg(i::text, '') AS all FROM access.invitations i");
    expect(String(dump?.["all"])).not.toContain(token);
  });
});

function soon(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}

describe("service accounts and API keys", () => {
  test("a key works at once, does what it may, and is void within a second of its revocation", async () => {
    const account = await ada.call("POST", `${path}/service-accounts`, { name: "ci", role: "admin" });
    expect(account).toMatchObject({ status: 201, body: { name: "ci", role: "admin", createdBy: ada.id } });
    const wanted = {
      name: "deploy",
      permissions: ["member:read"],
      expiresAt: soon(),
      serviceAccountId: account.body["id"],
    };
    const made = await ada.call("POST", `${path}/api-keys`, wanted);
    expect(made).toMatchObject({
      status: 201,
      body: { subjectId: account.body["id"], hint: expect.stringMatching(/^plk_....$/) as string },
    });
    expect(made.headers.get("cache-control")).toBe("no-store");
    const secret = String(made.body["secret"]);
    const withKey = (below: string, method = "GET", body?: unknown) =>
      world.caller(`Bearer ${secret}`).call(method, path + below, body, { on: 2 });
    expect((await withKey("/members")).status).toBe(200);
    expect((await withKey("/audit-events")).status).toBe(403);
    const me = await world.caller(`Bearer ${secret}`).call("GET", "/me", undefined);
    expect(me.body).toMatchObject({ kind: "service", via: "api-key", displayName: "ci", email: null });
    const listed = await ada.call("GET", `${path}/api-keys`);
    expect(listed.body.items).toHaveLength(1);
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    expect((await ada.call("DELETE", `${path}/api-keys/${String(made.body["id"])}`)).status).toBe(204);
    expect(await until(401, () => withKey("/members"))).toBeLessThan(1);
    expect((await told()).audited).toEqual([
      "organisation.created",
      "member.added",
      "service_account.created",
      "api_key.created",
      "api_key.revoked",
    ]);
  });

  test("the key itself is nowhere in the database", async () => {
    const made = await ada.call("POST", `${path}/api-keys`, {
      name: "k",
      permissions: ["task:read"],
      expiresAt: soon(),
    });
    for (const table of ["access.api_keys", "platform.outbox", "platform.audit_events"]) {
      const [dump] = await appRows(`SELECT string_agg(t::text, '') AS all FROM ${table} t`);
      expect(String(dump?.["all"])).not.toContain(String(made.body["secret"]).slice(8));
    }
  });

  test.each([
    ["in the past", () => new Date(Date.now() - 1000).toISOString()],
    ["more than a year away", () => new Date(Date.now() + 367 * 86_400_000).toISOString()],
    ["no time", () => "tomorrow"],
  ])("an expiry %s is refused", async (_name, expiresAt) => {
    const answer = await ada.call("POST", `${path}/api-keys`, {
      name: "k",
      permissions: ["task:read"],
      expiresAt: expiresAt(),
    });
    expect(answer.body).toEqual(problem("invalid_request"));
  });

  test("a key makes no further keys, no organisations, and does not leave in its holder's name", async () => {
    const made = await ada.call("POST", `${path}/api-keys`, {
      name: "k",
      permissions: ["api-key:manage", "task:read"],
      expiresAt: soon(),
    });
    const withKey = (method: string, at: string, body?: unknown) =>
      world.caller(`Bearer ${String(made.body["secret"])}`).call(method, at, body);
    const attempts = [
      withKey("POST", `${path}/api-keys`, { name: "child", permissions: ["task:read"], expiresAt: soon() }),
      withKey("POST", "/organisations", { name: "X", slug: slug() }),
      withKey("POST", `${path}/leave`),
    ];
    for (const answer of await Promise.all(attempts)) expect(answer.body).toEqual(problem("forbidden"));
    expect((await withKey("GET", `${path}/api-keys`)).status).toBe(200);
  });

  test("keys of who was removed do not come back with them", async () => {
    const bob = await join("Bob", "admin");
    const made = await bob.call("POST", `${path}/api-keys`, {
      name: "k",
      permissions: ["organisation:read"],
      expiresAt: soon(),
    });
    await ada.call("DELETE", `${path}/members/${bob.id}`);
    await setRole(world.daemons, organisation, bob.id, "admin");
    const use = () => world.caller(`Bearer ${String(made.body["secret"])}`).call("GET", path, undefined, { on: 2 });
    expect((await use()).status).toBe(401);
  });

  test("a deleted service account may do nothing within a second, with keys and tokens alike", async () => {
    const account = await ada.call("POST", `${path}/service-accounts`, { name: "ci", role: "viewer" });
    const id = String(account.body["id"]);
    const wanted = { name: "k", permissions: ["organisation:read"], expiresAt: soon(), serviceAccountId: id };
    const made = await ada.call("POST", `${path}/api-keys`, wanted);
    const granted = await fetch(`${world.instances[0].url}/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${id}:${String(made.body["secret"])}`)}`,
        "x-forwarded-proto": "https",
        "x-forwarded-host": "platform.test",
        "x-forwarded-prefix": "/auth",
      },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const { access_token: token } = (await granted.json()) as { access_token: string };
    const use = () => world.caller(`Bearer ${token}`).call("GET", path, undefined, { on: 2 });
    expect((await use()).status).toBe(200);
    expect((await ada.call("DELETE", `${path}/members/${id}`)).body).toEqual(problem("conflict"));
    expect((await ada.call("DELETE", `${path}/service-accounts/${id}`)).status).toBe(204);
    expect(await until(401, use)).toBeLessThan(1);
    expect((await ada.call("GET", `${path}/service-accounts`)).body.items).toEqual([]);
  });
});

describe("the audit log", () => {
  test("says who did what from where, newest first, page by page and by filter", async () => {
    const bob = await join("Bob", "viewer");
    await ada.call(
      "PATCH",
      `${path}/members/${bob.id}`,
      { role: "member" },
      { headers: { "user-agent": "test-agent", "x-forwarded-for": "203.0.113.9" } },
    );
    await ada.call("POST", `${path}/roles`, { key: "planner", name: "Planner", permissions: ["task:read"] });
    const all = await ada.call("GET", `${path}/audit-events`);
    expect(all.body.items.map(({ action }) => action)).toEqual([
      "role.created",
      "member.role_changed",
      "organisation.created",
    ]);
    expect(all.body.items[1]).toMatchObject({
      actorId: ada.id,
      targetType: "member",
      targetId: bob.id,
      details: { role: { from: "viewer", to: "member" } },
      userAgent: "test-agent",
      address: "203.0.113.9",
    });
    const by = async (filter: string) => (await ada.call("GET", `${path}/audit-events?${filter}`)).body.items.length;
    expect(await by("action=role.created")).toBe(1);
    expect(await by(`actorId=${bob.id}`)).toBe(0);
    expect(await by("targetType=member")).toBe(1);
    expect(await by("targetId=planner")).toBe(1);
    expect(await by(`from=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`)).toBe(0);
    const page = await ada.call("GET", `${path}/audit-events?limit=2`);
    const rest = await ada.call("GET", `${path}/audit-events?limit=2&cursor=${String(page.body["next"])}`);
    expect([...page.body.items, ...rest.body.items].map(({ id }) => id)).toEqual(all.body.items.map(({ id }) => id));
  });

  test("cannot be changed, not even by its writer", async () => {
    for (const change of [
      "UPDATE platform.audit_events SET action = 'nothing'",
      "DELETE FROM platform.audit_events",
      "TRUNCATE platform.audit_events",
    ]) {
      await expect(appRows(change)).rejects.toThrow(/append-only/);
    }
  });
});

test("who signs out everywhere is refused within a second, on another instance", async () => {
  expect((await ada.call("GET", "/me", undefined, { on: 2 })).status).toBe(200);
  await appRows(`UPDATE access.subjects SET tokens_valid_from = now() + interval '1 second' WHERE id = '${ada.id}'`);
  expect(await until(401, () => ada.call("GET", "/me", undefined, { on: 2 }))).toBeLessThan(1);
});
