import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { enqueue } from "../../services/auth/src/mail/outbox.ts";
import { newEmail, startWorld, type World } from "./auth-accounts.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld({ instances: 2 });
});

afterEach(() => {
  world.mail.mails.length = 0;
});

afterAll(() => world[Symbol.asyncDispose]());

/** As many mails as `count`, committed; gives their addresses. */
async function write(count: number, hours = 1): Promise<string[]> {
  const { db, vault, letters } = world.services;
  const message = letters.resetPassword({ name: "Ada", url: "https://platform.test/auth/x" });
  const recipients = Array.from({ length: count }, () => newEmail());
  await db.write(async (query) => {
    for (const recipient of recipients) await enqueue(query, vault, recipient, message, hours);
  });
  for (const { services } of world.instances) services.wake();
  return recipients;
}

const waiting = async () => (await world.rows("SELECT count(*)::int AS n FROM mails"))[0]?.["n"];

/** auth_mails_total over both instances. */
async function figure(result: string): Promise<number> {
  const texts = await Promise.all(world.instances.map(({ metrics }) => metrics.registry.metrics()));
  const pattern = new RegExp(`auth_mails_total\\{result="${result}"\\} (\\d+)`);
  return texts.reduce((sum, text) => sum + Number(pattern.exec(text)?.[1] ?? 0), 0);
}

const received = () => world.mail.mails.map(({ to }) => to).sort();

test("two instances send every mail once", async () => {
  const recipients = await write(60);
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  expect(received()).toEqual(recipients.sort());
});

test("a mail is sent when what it is about has been committed, and else never", async () => {
  const { db, vault, letters } = world.services;
  const undone = db.write(async (query) => {
    const message = letters.resetPassword({ name: "Ada", url: "https://platform.test/auth/x" });
    await enqueue(query, vault, newEmail(), message, 1);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  const recipients = await write(1);
  await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
  expect(received()).toEqual(recipients);
});

test("nothing is lost while SMTP is away, and all of it is sent when it is back", async () => {
  await world.mail.stop();
  const recipients = await write(30);
  await expect.poll(() => figure("failed"), { timeout: 10_000 }).toBeGreaterThan(0);
  expect(await waiting()).toBe(30);
  await world.mail.start();
  await expect.poll(waiting, { timeout: 60_000 }).toBe(0);
  expect(new Set(received())).toEqual(new Set(recipients));
});

test("an SMTP server that takes its time holds nobody up, and gets every mail once", async () => {
  world.mail.delay(1500);
  try {
    const recipients = await write(10);
    expect(await waiting()).toBe(10); // who wrote them has gone on
    await expect.poll(waiting, { timeout: 30_000 }).toBe(0);
    expect(received()).toEqual(recipients.sort());
  } finally {
    world.mail.delay(0);
  }
});

test("nothing is lost while SMTP takes connections and says nothing, and all of it is sent when it does", async () => {
  const failedBefore = await figure("failed");
  await world.mail.stop();
  const hung = createServer(() => undefined).listen(Number(new URL(world.mail.url).port), "127.0.0.1");
  await once(hung, "listening");
  const recipients = await write(5);
  await expect.poll(() => figure("failed"), { timeout: 20_000 }).toBeGreaterThanOrEqual(failedBefore + 5);
  expect(await waiting()).toBe(5);
  await new Promise((closed) => hung.close(closed)); // its connections have been given up
  await world.mail.start();
  await expect.poll(waiting, { timeout: 60_000 }).toBe(0);
  expect(received()).toEqual(recipients.sort());
});

test("nothing is lost when Postgres is killed in the middle; what may come twice is known by its id", async () => {
  const recipients = await write(60);
  await expect.poll(() => world.mail.mails.length, { interval: 1 }).toBeGreaterThan(0);
  await world.daemons.primary.kill();
  await world.daemons.primary.start();
  // mails that were being sent are tried again once their lease is over: here at once
  await world.rows("UPDATE mails SET next_attempt_at = now()");
  await expect.poll(waiting, { timeout: 60_000 }).toBe(0);
  expect(new Set(received())).toEqual(new Set(recipients));
  const ids = new Map(world.mail.mails.map(({ id, to }) => [id, to]));
  expect(ids.size).toBe(recipients.length);
});

test("a mail SMTP refuses is tried again later, and given up once what it carries has expired", async () => {
  world.mail.refuse({ code: 450 });
  await write(1);
  await expect
    .poll(async () => (await world.rows("SELECT attempts FROM mails"))[0]?.["attempts"], { timeout: 10_000 })
    .toBe(1);
  const [row] = await world.rows("SELECT next_attempt_at > now() + interval '30 seconds' AS later FROM mails");
  expect(row).toEqual({ later: true });
  await world.rows("UPDATE mails SET expires_at = now() - interval '1 second', next_attempt_at = now()");
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  world.mail.refuse(undefined);
  expect(received()).toEqual([]);
  expect(await figure("expired")).toBe(1);
});

test("a mail is plain text and HTML with nothing to fetch, and what people typed is only text in it", async () => {
  const { db, vault, letters } = world.services;
  const to = newEmail();
  const message = letters.securityNotice({
    name: `<img src="https://evil.test/x">`,
    what: "your password was changed",
    url: "https://platform.test/auth/account",
  });
  await db.write((query) => enqueue(query, vault, to, message, 1));
  const mail = await world.mail.next(to, /password was changed/);
  expect(mail.text).toContain("https://platform.test/auth/account");
  expect(mail.html).toContain("&lt;img");
  expect(mail.html).not.toMatch(/<(img|link|script|style|iframe)/i);
});
