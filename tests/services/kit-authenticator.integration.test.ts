import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TrustedIssuer } from "@purlin/kit/authenticator-settings";
import { builtInRoles, type Permission } from "@purlin/kit/permissions";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { prepareAccess, problemOf, request, startAuthenticator, type TestAuthenticator } from "./kit-world.ts";
import { createOrganisation, createSubject, createSubjects, removeMember, setRole } from "./tenants.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let ours: TestIssuer;
let external: TestIssuer;
let authenticator: TestAuthenticator;
let ada: string;
let organisation: string;

const issuers = (): TrustedIssuer[] => [
  { issuer: ours.url, audience: ours.audience, algorithms: ["ES256"], type: "at+jwt", maxAge: 3600 },
  {
    issuer: external.url,
    audience: external.audience,
    algorithms: ["ES256"],
    type: "at+jwt",
    maxAge: 3600,
    claims: { email: "email", emailVerified: "email_verified", name: "name", permissions: "permissions" },
  },
];

beforeAll(async () => {
  daemons = await startDaemons(["storage"]);
  release.defer(daemons.stop);
  await prepareAccess(daemons);
  ours = release.use(await startIssuer());
  external = release.use(await startIssuer("https://external.test"));
  authenticator = release.use(startAuthenticator(daemons, issuers()));
});

beforeEach(async () => {
  ada = await createSubject(daemons, "Ada");
  organisation = await createOrganisation(daemons, "Engines", ada);
});

afterAll(() => release.disposeAsync());

const bearer = (token: string, on = authenticator) => on.authenticate(request(`Bearer ${token}`));
const sql = (text: string) => daemons.sqlIn("app", text);
const allowed = (set: ReadonlySet<Permission> | undefined) => [...(set ?? [])].sort();

/** Seconds until what is refused in the end was refused. */
async function untilRefused(attempt: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (;;) {
    const refused = await attempt().then(
      () => false,
      () => true,
    );
    if (refused) return (performance.now() - start) / 1000;
    if (performance.now() - start > 5000) throw new Error("it is still not refused after 5 s");
    await sleep(10);
  }
}

async function createKey(permissions: Permission[], expires = "1 day", subject = ada): Promise<string> {
  const key = `plk_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  await sql(`INSERT INTO access.api_keys (organisation_id, subject_id, name, hint, hash, permissions, created_by, expires_at)
    VALUES ('${organisation}', '${subject}', 'ci', '${key.slice(0, 8)}', '\\x${hash}', '{${permissions.join(",")}}', '${ada}', now() + interval '${expires}')`);
  return key;
}

describe("permissions", () => {
  test("are those of the role in each organisation, and no more than the token's scope", async () => {
    const other = await createOrganisation(daemons, "Looms", await createSubject(daemons, "Joseph"));
    await setRole(daemons, other, ada, "viewer");
    const whole = await bearer(await ours.sign({ sub: ada }));
    expect(allowed(whole.organisations.get(organisation))).toEqual([...builtInRoles.owner].sort());
    expect(allowed(whole.organisations.get(other))).toEqual([...builtInRoles.viewer].sort());
    const narrow = await bearer(await ours.sign({ sub: ada, scope: "openid task:read task:write no:such" }));
    expect(allowed(narrow.organisations.get(organisation))).toEqual(["task:read", "task:write"]);
    expect(allowed(narrow.organisations.get(other))).toEqual(["task:read"]);
    const nothing = await bearer(await ours.sign({ sub: ada, scope: "openid profile" }));
    expect(allowed(nothing.organisations.get(organisation))).toEqual([]);
  });

  test("come from an organisation's own role, and a role that is gone gives none", async () => {
    await sql(`INSERT INTO access.roles (organisation_id, key, name, permissions)
      VALUES ('${organisation}', 'planner', 'Planner', '{task:read,project:write,from:the-future}')`);
    await setRole(daemons, organisation, ada, "planner");
    const token = await ours.sign({ sub: ada });
    expect(allowed((await bearer(token)).organisations.get(organisation))).toEqual(["project:write", "task:read"]);
    await sql(`DELETE FROM access.roles WHERE organisation_id = '${organisation}'`);
    await sleep(1000);
    expect(allowed((await bearer(token)).organisations.get(organisation))).toEqual([]);
  });

  test("that were just given are seen at once by whoever asks again", async () => {
    const identity = await bearer(await ours.sign({ sub: ada }));
    const fresh = await createOrganisation(daemons, "New", ada);
    expect((await authenticator.refresh(identity, 0))?.organisations.has(fresh)).toBe(true);
  });
});

describe("many at once", () => {
  const statements = async (on: TestAuthenticator) => {
    const text = await on.metrics.registry.getSingleMetricAsString("dependency_request_duration_seconds");
    return [...text.matchAll(/_count\{.*target="postgres".*\} (\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  };

  test.each([1, 300])("%i are looked up in as many statements as one", async (count) => {
    const subjects = await createSubjects(daemons, count);
    const identities = await Promise.all(subjects.map(async (sub) => bearer(await ours.sign({ sub }))));
    await sleep(600); // what is known is too old to be used again
    const before = await statements(authenticator);
    const again = await Promise.all(identities.map((identity) => authenticator.refresh(identity)));
    expect(await statements(authenticator)).toBe(before + 1);
    expect(again).toEqual(identities);
  });

  test("each keeps its own answer, and who is gone takes nobody along", async () => {
    const grace = await createSubject(daemons, "Grace");
    const identities = await Promise.all([ada, grace].map(async (sub) => bearer(await ours.sign({ sub }))));
    await sql(`DELETE FROM access.subjects WHERE id = '${grace}'`);
    const [still, gone] = await Promise.all(identities.map((identity) => authenticator.refresh(identity, 0)));
    expect([still?.subjectId, gone]).toEqual([ada, undefined]);
    expect(allowed(still?.organisations.get(organisation))).toEqual([...builtInRoles.owner].sort());
  });

  test("keys too", async () => {
    const keys: string[] = [];
    while (keys.length < 20) keys.push(await createKey(["task:read"]));
    const identities = await Promise.all(keys.map((key) => bearer(key)));
    await sleep(1000); // and the notes of their use are written
    const before = await statements(authenticator);
    await Promise.all(identities.map((identity) => authenticator.refresh(identity)));
    expect((await statements(authenticator)) - before).toBeLessThanOrEqual(2); // the keys, and their subject
  });
});

describe("what is taken away is gone within one second, on an instance that was using it", () => {
  test.each([
    [
      "a session",
      async () => sql(`INSERT INTO access.revoked_sessions (session_id, subject_id) VALUES ('s-${ada}', '${ada}')`),
    ],
    [
      "all of a subject's tokens",
      async () => sql(`UPDATE access.subjects SET tokens_valid_from = now() + interval '1 second' WHERE id = '${ada}'`),
    ],
    [
      "the subject's right to be here",
      async () => sql(`UPDATE access.subjects SET disabled_at = now() WHERE id = '${ada}'`),
    ],
    ["the subject itself", async () => sql(`DELETE FROM access.subjects WHERE id = '${ada}'`)],
  ])("%s", async (_name, revoke) => {
    const token = await ours.sign({ sub: ada, sid: `s-${ada}` });
    const identity = await bearer(token);
    await revoke();
    expect(await untilRefused(() => bearer(token))).toBeLessThan(1);
    expect(await authenticator.refresh(identity)).toBeUndefined();
  });

  test("another session of the same subject stays", async () => {
    await sql(`INSERT INTO access.revoked_sessions (session_id, subject_id) VALUES ('gone-${ada}', '${ada}')`);
    await bearer(await ours.sign({ sub: ada, sid: `here-${ada}` }));
  });

  test("membership, and with it the organisation", async () => {
    const token = await ours.sign({ sub: ada });
    await bearer(token);
    await removeMember(daemons, organisation, ada);
    const isMember = async () => {
      if (!(await bearer(token)).organisations.has(organisation)) throw new Error("no member any more");
    };
    expect(await untilRefused(isMember)).toBeLessThan(1);
  });
});

describe("API keys", () => {
  test("stand for their subject in one organisation, with their own permissions and no more than the subject's", async () => {
    await createOrganisation(daemons, "Elsewhere", ada);
    await setRole(daemons, organisation, ada, "viewer");
    const identity = await bearer(await createKey(["task:read", "task:write"]));
    expect(identity).toMatchObject({ subjectId: ada, via: "api-key", kind: "user" });
    expect([...identity.organisations.keys()]).toEqual([organisation]);
    expect(allowed(identity.organisations.get(organisation))).toEqual(["task:read"]);
  });

  test("that are unknown, expired or not even shaped like one are refused alike", async () => {
    const unknown = `plk_${randomBytes(32).toString("base64url")}`;
    const problems = await Promise.all([
      problemOf(bearer(unknown)),
      problemOf(bearer(await createKey(["task:read"], "-1 second"))),
    ]);
    for (const problem of problems)
      expect(problem).toMatchObject({ code: "unauthorized", message: "the API key is not valid" });
    expect((await problemOf(bearer("plk_short"))).code).toBe("unauthorized");
    expect((await problemOf(authenticator.authenticate(request(`DPoP ${unknown}`)))).code).toBe("unauthorized");
  });

  test("that are revoked are refused within one second, also on a long-lived connection", async () => {
    const key = await createKey(["task:read"]);
    const identity = await bearer(key);
    await sql(`UPDATE access.api_keys SET revoked_at = now() WHERE subject_id = '${ada}'`);
    expect(await untilRefused(() => bearer(key))).toBeLessThan(1);
    expect(await authenticator.refresh(identity)).toBeUndefined();
  });

  test("remember when they were used, once a minute at most", async () => {
    const key = await createKey(["task:read"]);
    const lastUsed = async () =>
      (await sql(`SELECT last_used_at::text AS at FROM access.api_keys WHERE subject_id = '${ada}'`))[0]?.["at"];
    await bearer(key);
    const first = await eventually(async () => {
      const at = await lastUsed();
      if (typeof at !== "string") throw new Error("not noted yet");
      return at;
    });
    await bearer(key);
    await using second = startAuthenticator(daemons, issuers());
    await bearer(key, second);
    await sleep(200);
    expect(await lastUsed()).toBe(first);
  });
});

describe("subjects of another issuer", () => {
  const named = async (email: unknown) =>
    (await sql(`SELECT id, kind FROM access.subjects WHERE email = '${String(email)}'`)) as { id: string }[];

  test("become subjects when they first appear, once, whoever sees them first", async () => {
    await using second = startAuthenticator(daemons, issuers());
    const claims = { sub: `auth0|${ada}`, email: `X-${ada}@Example.com`, email_verified: true, name: "Grace" };
    const tokens = await Promise.all(Array.from({ length: 10 }, () => external.sign(claims)));
    const identities = await Promise.all(tokens.map((token, n) => bearer(token, n % 2 ? second : authenticator)));
    const ids = new Set(identities.map(({ subjectId }) => subjectId));
    expect(ids.size).toBe(1);
    expect(await named(`x-${ada}@example.com`)).toEqual([{ id: identities[0]?.subjectId, kind: "user" }]);
    expect(identities[0]?.organisations.size).toBe(0);
  });

  test("become members like anybody, limited to the permissions their token lists", async () => {
    const claims = { sub: `member|${ada}`, permissions: ["task:read", "admin:everything"] };
    const { subjectId } = await bearer(await external.sign(claims));
    await setRole(daemons, organisation, subjectId, "member");
    const identity = await bearer(await external.sign({ ...claims, sub: `member|${ada}` }));
    const renewed = await eventually(async () => {
      const now = await authenticator.refresh(identity);
      if (!now?.organisations.has(organisation)) throw new Error("not seen yet");
      return now;
    });
    expect(allowed(renewed.organisations.get(organisation))).toEqual(["task:read"]);
  });

  test("take nobody's address: not one that is not verified, not one that another subject has", async () => {
    const [row] = await sql(`SELECT email FROM access.subjects WHERE id = '${ada}'`);
    const unverified = `unverified-${ada}@example.com`;
    await bearer(await external.sign({ sub: `a|${ada}`, email: unverified }));
    await bearer(await external.sign({ sub: `b|${ada}`, email: unverified, email_verified: "true" }));
    expect(await named(unverified)).toEqual([]);
    const { subjectId } = await bearer(
      await external.sign({ sub: `c|${ada}`, email: row?.["email"], email_verified: true }),
    );
    expect(subjectId).not.toBe(ada);
    expect(await named(row?.["email"])).toMatchObject([{ id: ada }]);
  });

  test("cannot name one of our subjects", async () => {
    expect((await bearer(await external.sign({ sub: ada }))).subjectId).not.toBe(ada);
  });
});

describe("faults", () => {
  test("rights come from the replica while the primary is down or frozen, and soon", async () => {
    await eventually(async () => {
      const [row] = await daemons.sql("replica", "SELECT pg_last_wal_replay_lsn()::text AS lsn");
      const [written] = await daemons.sql(
        "primary",
        `SELECT pg_wal_lsn_diff('${String(row?.["lsn"])}', pg_current_wal_lsn()) >= 0 AS ok`,
      );
      if (written?.["ok"] !== true) throw new Error("the replica is behind");
    });
    const tokens = await Promise.all(Array.from({ length: 3 }, () => ours.sign({ sub: ada })));
    await bearer(tokens[0] ?? "");
    for (const [away, back] of [
      [daemons.primary.kill, daemons.primary.start],
      [daemons.primary.freeze, daemons.primary.thaw],
    ] as const) {
      await away();
      try {
        for (const token of tokens) {
          await sleep(600);
          const start = performance.now();
          expect((await bearer(token)).organisations.has(organisation)).toBe(true);
          expect(performance.now() - start).toBeLessThan(3000);
        }
      } finally {
        await back();
      }
    }
  });

  test("with no node left the answer is 503, within seconds, and it mends itself", async () => {
    const token = await ours.sign({ sub: ada });
    await eventually(() => bearer(token)); // the primary was away a moment ago
    daemons.primary.freeze();
    daemons.replica.freeze();
    try {
      await sleep(600);
      const start = performance.now();
      expect((await problemOf(bearer(token))).code).toBe("unavailable");
      expect(performance.now() - start).toBeLessThan(5000);
    } finally {
      daemons.primary.thaw();
      daemons.replica.thaw();
    }
    await eventually(() => bearer(token));
  });
});
