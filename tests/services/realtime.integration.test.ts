import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, serviceUrl } from "./databases.ts";
import { startDaemons, type Daemons } from "./daemons.ts";
import { startIssuer, type TestIssuer } from "./issuer.ts";
import { connect, eventSql, migrateEnv, startRealtime, type Listener } from "./realtime.ts";
import { migrateService, type RunningService } from "./service.ts";
import { createOrganisation, createSubject, createSubjects, removeMember, setRole } from "./tenants.ts";

const release = new AsyncDisposableStack();
let daemons: Daemons;
let issuer: TestIssuer;
let first: RunningService;
let second: RunningService;
let alice: string;
let bob: string;
let mallory: string;
let organisation: string;
let project: string;
let other: string;

beforeAll(async () => {
  daemons = await startDaemons(["storage"]);
  release.defer(daemons.stop);
  issuer = release.use(await startIssuer());
  await createDatabase(daemons, "app");
  await migrateService("api", migrateEnv(daemons));
  await migrateService("realtime", migrateEnv(daemons));
  [alice, bob, mallory] = [
    await createSubject(daemons, "Alice"),
    await createSubject(daemons, "Bob"),
    await createSubject(daemons, "Mallory"),
  ];
  organisation = await createOrganisation(daemons, "Acme", alice);
  await setRole(daemons, organisation, bob, "viewer");
  await createOrganisation(daemons, "Evil", mallory);
  [project, other] = [await createProject("ONE"), await createProject("TWO")];
  [first, second] = await Promise.all([
    startRealtime(daemons, issuer, "realtime-1"),
    startRealtime(daemons, issuer, "realtime-2"),
  ]);
  for (const one of [first, second]) release.use(one);
});

afterAll(() => release.disposeAsync());

async function createProject(key: string): Promise<string> {
  const id = randomUUID();
  await daemons.sqlIn(
    "app",
    `INSERT INTO projects (organisation_id, id, key, name, created_by) VALUES ('${organisation}', '${id}', '${key}', '${key}', '${alice}')`,
  );
  return id;
}

const as = (subject: string, claims = {}) => issuer.sign({ sub: subject, ...claims });
const happen = (n: number, type = "task.updated", inProject: string | null = project) =>
  daemons.sqlIn("app", eventSql(organisation, inProject, type, n));
const numbers = ({ events }: Listener) => events.map(({ payload }) => payload.n);
async function statements(): Promise<number> {
  const text = await (await fetch(`${first.internalUrl}/metrics`)).text();
  const counts = text.matchAll(/^dependency_request_duration_seconds_count\{.*target="postgres".*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, n) => n + from);

describe("changes", () => {
  test("reach everybody in the project, whichever instance they are on, once and in order", async () => {
    using here = await connect(first, await as(alice));
    using there = await connect(second, await as(bob));
    for (const one of [here, there])
      expect(await one.ask("subscribe", { organisationId: organisation, projectId: project })).toMatchObject({
        ok: true,
      });
    for (const n of upTo(30)) await happen(n);
    await expect.poll(() => [here.events.length, there.events.length], { timeout: 10_000 }).toEqual([30, 30]);
    expect([numbers(here), numbers(there)]).toEqual([upTo(30), upTo(30)]);
  });

  test("come in the order of commit: one that is written first and committed last is not lost, and nothing waits for it", async () => {
    using listener = await connect(first, await as(alice));
    await listener.ask("subscribe", { organisationId: organisation, projectId: project });
    const slow = new pg.Client({ connectionString: serviceUrl(daemons, "app") });
    await slow.connect();
    await slow.query("BEGIN");
    await slow.query(eventSql(organisation, project, "task.updated", 1));
    await happen(2);
    await expect.poll(() => numbers(listener), { timeout: 10_000 }).toEqual([2]);
    await slow.query("COMMIT");
    await slow.end();
    await expect.poll(() => numbers(listener), { timeout: 10_000 }).toEqual([2, 1]);
  });

  test("of other projects are not sent, those of the organisation are where it was asked for", async () => {
    using one = await connect(first, await as(alice));
    using all = await connect(first, await as(alice));
    await one.ask("subscribe", { organisationId: organisation, projectId: project });
    await all.ask("subscribe", { organisationId: organisation });
    await happen(1, "task.updated", other);
    await happen(2, "organisation.updated", null);
    await happen(3, "webhook.created", null); // for servers only
    await happen(4);
    await expect.poll(() => numbers(all), { timeout: 10_000 }).toEqual([1, 2, 4]);
    await expect.poll(() => numbers(one), { timeout: 10_000 }).toEqual([4]);
  });

  test("come once to one that sees the project and the organisation", async () => {
    using both = await connect(first, await as(alice));
    const { position } = await both.ask("subscribe", { organisationId: organisation });
    for (const n of upTo(5)) await happen(n);
    await expect.poll(() => both.events.length, { timeout: 10_000 }).toBe(5);
    await both.ask("subscribe", { organisationId: organisation, projectId: project, after: position });
    await happen(5);
    await expect.poll(() => both.events.length, { timeout: 10_000 }).toBeGreaterThan(5);
    await sleep(300);
    expect(numbers(both)).toEqual(upTo(6));
  });
});

describe("after a drop", () => {
  test("what was missed comes first, on another instance too, and nothing twice", async () => {
    const scope = { organisationId: organisation, projectId: project };
    using before = await connect(first, await as(alice));
    await before.ask("subscribe", scope);
    for (const n of upTo(10)) await happen(n);
    await expect.poll(() => before.events.length, { timeout: 10_000 }).toBe(10);
    before.socket.io.engine.close();
    for (const n of upTo(10, 10)) await happen(n);
    using after = await connect(second, await as(alice));
    const writing = (async () => {
      for (const n of upTo(20, 20)) await happen(n); // while it subscribes
    })();
    expect(await after.ask("subscribe", { ...scope, after: before.events.at(-1)?.position })).not.toHaveProperty(
      "reset",
    );
    await writing;
    await expect.poll(() => after.events.length, { timeout: 10_000 }).toBe(30);
    expect([...numbers(before), ...numbers(after)]).toEqual(upTo(40));
  });

  test("of the instance itself, killed in the middle, nothing is lost or doubled", async () => {
    const scope = { organisationId: organisation, projectId: project };
    const doomed = await startRealtime(daemons, issuer, "realtime-3");
    using before = await connect(doomed, await as(alice));
    await before.ask("subscribe", scope);
    const writing = (async () => {
      for (const n of upTo(100)) await happen(n);
    })();
    await expect.poll(() => before.events.length, { timeout: 10_000 }).toBeGreaterThan(10);
    await doomed.stop("SIGKILL");
    using after = await connect(second, await as(alice));
    await after.ask("subscribe", { ...scope, after: before.events.at(-1)?.position });
    await writing;
    await expect.poll(() => before.events.length + after.events.length, { timeout: 10_000 }).toBe(100);
    expect([...numbers(before), ...numbers(after)]).toEqual(upTo(100));
  });

  test("one that was away longer than memory goes is served from the outbox; one from before what is kept is told to load anew", async () => {
    const scope = { organisationId: organisation, projectId: project };
    using listener = await connect(first, await as(alice));
    const { position } = await listener.ask("subscribe", scope);
    for (const n of upTo(3)) await happen(n);
    const fresh = release.use(await startRealtime(daemons, issuer, "realtime-4")); // its memory is empty
    using later = await connect(fresh, await as(alice));
    expect(await later.ask("subscribe", { ...scope, after: position })).not.toHaveProperty("reset");
    await expect.poll(() => numbers(later), { timeout: 10_000 }).toEqual(upTo(3));
    expect(await later.ask("subscribe", { ...scope, after: "0" })).toMatchObject({ ok: true, reset: true });
    expect(numbers(later)).toEqual(upTo(3));
    await fresh.stop();
  });
});

describe("rights", () => {
  test("strangers, foreign pages and false tokens do not get in", async () => {
    await expect(connect(first, undefined)).rejects.toThrow("unauthorized");
    await expect(connect(first, "nonsense")).rejects.toThrow("unauthorized");
    await expect(connect(first, await as(alice, { aud: "https://elsewhere.test" }))).rejects.toThrow("unauthorized");
    await expect(connect(first, await as(alice), { extraHeaders: { origin: "https://evil.test" } })).rejects.toThrow();
  });

  test("a second tenant sees neither organisation nor project", async () => {
    using listener = await connect(first, await as(mallory));
    expect(await listener.ask("subscribe", { organisationId: organisation })).toMatchObject({
      ok: false,
      code: "not_found",
    });
    expect(await listener.ask("subscribe", { organisationId: organisation, projectId: project })).toMatchObject({
      ok: false,
      code: "not_found",
    });
    expect(
      await listener.ask("typing", { organisationId: organisation, projectId: project, taskId: randomUUID() }),
    ).toMatchObject({ ok: false, code: "forbidden" });
    using member = await connect(first, await as(alice));
    expect(await member.ask("subscribe", { organisationId: organisation, projectId: randomUUID() })).toMatchObject({
      ok: false,
      code: "not_found",
    });
  });

  test("one who is removed hears nothing more within a second", async () => {
    using listener = await connect(first, await as(bob));
    await listener.ask("subscribe", { organisationId: organisation, projectId: project });
    await happen(1);
    await expect.poll(() => numbers(listener), { timeout: 10_000 }).toEqual([1]);
    await removeMember(daemons, organisation, bob);
    await sleep(1000);
    await happen(2);
    await expect.poll(() => listener.heard("revoked").length, { timeout: 10_000 }).toBe(1);
    await sleep(500);
    expect(numbers(listener)).toEqual([1]);
    await setRole(daemons, organisation, bob, "viewer");
  });

  test("one who is signed out everywhere is put out", async () => {
    using listener = await connect(first, await as(bob, { iat: Math.floor(Date.now() / 1000) - 10 }));
    await daemons.sqlIn("app", `UPDATE access.subjects SET tokens_valid_from = now() WHERE id = '${bob}'`);
    await expect.poll(() => listener.socket.connected, { timeout: 10_000 }).toBe(false);
    expect(listener.heard("problem")).toMatchObject([{ code: "unauthorized" }]);
    await daemons.sqlIn("app", `UPDATE access.subjects SET tokens_valid_from = '-infinity' WHERE id = '${bob}'`);
  });

  test("are asked for all connections at once: many cost the database no more statements than a few", async () => {
    const people = await createSubjects(daemons, 60);
    const open = async (subjects: string[]) =>
      Promise.all(subjects.map(async (subject) => connect(first, await as(subject))));
    const statementsIn = async (milliseconds: number) => {
      const before = await statements();
      await sleep(milliseconds);
      return (await statements()) - before;
    };
    using connections = new DisposableStack();
    for (const one of await open(people.slice(0, 2))) connections.use(one);
    const few = await statementsIn(2500);
    for (const one of await open(people.slice(2))) connections.use(one);
    await sleep(1000); // until the rights of those that came one by one are asked for together
    expect(await statementsIn(2500)).toBeLessThan(few + 30); // one by one: about 150 more
  });

  test("a token that expires ends the connection, unless it is renewed", async () => {
    const soon = { exp: Math.floor(Date.now() / 1000) + 2 };
    using ends = await connect(first, await as(alice, soon));
    using stays = await connect(first, await as(alice, soon));
    expect(await stays.ask("renew", { token: await as(mallory) })).toMatchObject({ ok: false, code: "forbidden" });
    expect(await stays.ask("renew", { token: await as(alice) })).toMatchObject({ ok: true });
    await expect.poll(() => ends.socket.connected, { timeout: 10_000 }).toBe(false);
    expect(stays.socket.connected).toBe(true);
  });
});

describe("company", () => {
  test("presence is known over all instances, and ends with the last connection", async () => {
    using here = await connect(first, await as(alice));
    await here.ask("subscribe", { organisationId: organisation, projectId: project });
    const there = await connect(second, await as(bob));
    await there.ask("subscribe", { organisationId: organisation, projectId: project });
    const both = { projectId: project, subjectIds: [alice, bob].sort() };
    for (const one of [here, there])
      await expect.poll(() => one.heard("presence").at(-1), { timeout: 10_000 }).toEqual(both);
    there.socket.close();
    await expect
      .poll(() => here.heard("presence").at(-1), { timeout: 10_000 })
      .toEqual({ projectId: project, subjectIds: [alice] });
  });

  test("typing is told to the others, on the other instance too, and not to oneself", async () => {
    using here = await connect(first, await as(alice));
    using there = await connect(second, await as(bob));
    for (const one of [here, there]) await one.ask("subscribe", { organisationId: organisation, projectId: project });
    const taskId = randomUUID();
    await expect
      .poll(
        async () => {
          await here.ask("typing", { organisationId: organisation, projectId: project, taskId });
          return there.heard("typing").length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    expect(there.heard("typing")[0]).toEqual({ projectId: project, taskId, subjectId: alice });
    expect(here.heard("typing")).toEqual([]);
  });
});

describe("limits", () => {
  test("messages, subscriptions and connections are bounded", async () => {
    using chatty = await connect(first, await as(alice));
    const answers = await Promise.all(upTo(100).map(() => chatty.ask("unsubscribe", { organisationId: organisation })));
    expect(answers.filter(({ code }) => code === "too_many_requests").length).toBeGreaterThan(30);
    expect(answers.filter(({ ok }) => ok).length).toBeGreaterThan(30);
    const crowd: Listener[] = [];
    for (const _ of upTo(19)) crowd.push(await connect(first, await as(alice)));
    using late = await connect(first, await as(alice));
    await expect.poll(() => late.socket.connected, { timeout: 10_000 }).toBe(false);
    expect(late.heard("problem")).toMatchObject([{ code: "too_many_requests" }]);
    for (const one of crowd) one.socket.close();
  });

  test("what is not a request is refused, and harms nobody", async () => {
    using listener = await connect(first, await as(alice));
    for (const wrong of [
      undefined,
      null,
      1,
      "x",
      [],
      {},
      { organisationId: "x" },
      { organisationId: organisation, extra: 1 },
      { organisationId: organisation, after: "9".repeat(60) },
    ]) {
      expect(await listener.ask("subscribe", wrong)).toMatchObject({ ok: false, code: "invalid_request" });
    }
    listener.socket.emit("unheard of", { a: 1 });
    listener.socket.emit("typing"); // without an answer to give
    expect(await listener.ask("subscribe", { organisationId: organisation })).toMatchObject({ ok: true });
    listener.socket.emit("typing", "x".repeat(100_000)); // more than a message may have
    await expect.poll(() => listener.socket.connected, { timeout: 10_000 }).toBe(false);
    expect((await first.readiness()).status).toBe("ready");
  });

  test("one that does not read is let go, and resumes with nothing lost", async () => {
    const small = release.use(await startRealtime(daemons, issuer, "realtime-5", { BUFFER_LIMIT: "2000000" }));
    const slow = await connect(small, await as(alice));
    const scope = { organisationId: organisation, projectId: project };
    const { position } = await slow.ask("subscribe", scope);
    const { ws } = slow.socket.io.engine.transport as unknown as { ws: { pause: () => void } };
    ws.pause();
    const large = `INSERT INTO platform.outbox (organisation_id, type, entity_id, project_id, payload)
      SELECT '${organisation}', 'task.updated', gen_random_uuid(), '${project}', jsonb_build_object('n', n, 'text', repeat('x', 30000))
      FROM generate_series(0, 499) n ORDER BY n`;
    await daemons.sqlIn("app", large);
    const metric = async () =>
      /realtime_disconnects_total\{reason="slow consumer"\} (\d+)/.exec(
        await (await fetch(`${small.internalUrl}/metrics`)).text(),
      )?.[1];
    await expect.poll(metric, { timeout: 15_000 }).toBe("1");
    slow.socket.close();
    using again = await connect(small, await as(alice));
    await again.ask("subscribe", { ...scope, after: slow.events.at(-1)?.position ?? position });
    await expect.poll(() => slow.events.length + again.events.length, { timeout: 15_000 }).toBe(500);
    expect([...numbers(slow), ...numbers(again)]).toEqual(upTo(500));
    await small.stop();
  });
});

describe("faults", () => {
  test("without Redis changes go on; presence and typing come back with it", async () => {
    using here = await connect(first, await as(alice));
    await here.ask("subscribe", { organisationId: organisation, projectId: project });
    await daemons.redis.kill();
    await happen(1);
    await expect.poll(() => numbers(here), { timeout: 10_000 }).toEqual([1]);
    await expect.poll(async () => (await first.readiness()).status, { timeout: 10_000 }).toBe("degraded");
    await daemons.redis.start();
    await expect.poll(async () => (await first.readiness()).status, { timeout: 10_000 }).toBe("ready");
    using there = await connect(second, await as(bob));
    await there.ask("subscribe", { organisationId: organisation, projectId: project });
    await expect
      .poll(() => here.heard("presence").at(-1), { timeout: 15_000 })
      .toEqual({ projectId: project, subjectIds: [alice, bob].sort() });
  });

  test("while the primary is away nothing is told, and then everything", async () => {
    using here = await connect(first, await as(alice));
    await here.ask("subscribe", { organisationId: organisation, projectId: project });
    await happen(1);
    await expect.poll(() => numbers(here), { timeout: 10_000 }).toEqual([1]);
    await daemons.primary.kill();
    await sleep(1500);
    expect(here.socket.connected).toBe(true);
    await daemons.primary.start();
    await happen(2);
    await expect.poll(() => numbers(here), { timeout: 15_000 }).toEqual([1, 2]);
  });

  test("an instance that is stopped lets its clients go to another at once", async () => {
    const leaving = await startRealtime(daemons, issuer, "realtime-6");
    using listener = await connect(leaving, await as(alice));
    let reason = "";
    listener.socket.on("disconnect", (why) => (reason = why));
    expect(await leaving.stop()).toBe(0);
    await expect.poll(() => reason, { timeout: 5_000 }).toBe("transport close"); // which a client reconnects after by itself
  });
});
