import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createLogger } from "@purlin/kit/logger";
import { createMetrics } from "@purlin/kit/metrics";
import { afterAll, describe, expect, test } from "vitest";
import { isOutdated } from "./argon2.ts";
import { createBreaches } from "./breaches.ts";
import { delay } from "./limits.ts";
import { createAccountMetrics } from "./metrics.ts";
import { normalisePassword, refusal } from "./password-policy.ts";
import { createPasswords } from "./passwords.ts";

const passwords = createPasswords(1);

afterAll(() => passwords.close());

const judge = (password: string, known: string[] = []) =>
  refusal(normalisePassword(password), known, { passwords, breaches: { contain: () => Promise.resolve(false) } });

test("hashes are made with the parameters that OWASP names first, and others are told apart", async () => {
  const hash = await passwords.hash("a password");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(isOutdated(hash)).toBe(false);
  expect(isOutdated(hash.replace("m=19456", "m=4096"))).toBe(true);
  expect(isOutdated(hash.replace("argon2id", "argon2i"))).toBe(true);
  expect(await passwords.verify(hash, "a password")).toBe(true);
  expect(await passwords.verify(hash, "A password")).toBe(false);
  expect(await passwords.verify(undefined, "of nobody")).toBe(false); // nor the password behind the hash that stands in
});

test.runIf(process.platform === "linux")("threads that hash give way to the one that answers", async () => {
  await passwords.hash("a password");
  const nice = readdirSync("/proc/self/task").map((task) => {
    const fields = readFileSync(`/proc/self/task/${task}/stat`, "utf8").split(") ")[1]?.split(" ");
    return Number(fields?.[16]); // proc_pid_stat(5), field 19
  });
  expect(nice.filter((value) => value >= 10)).toHaveLength(1);
});

describe("a password", () => {
  test.each([
    "correct horse battery staple",
    "kX8#qLp2vB9z",
    "наш старый зелёный сад",
    "🌵🦉🎻🪁🧊🛶🥨🪐🧵🦔🪴🎈",
    "x7".repeat(3) + " Ünïcödé lantern",
  ])("may be %s: any character, spaces too", async (password) => {
    expect(await judge(password)).toBeUndefined();
  });

  test("is counted in characters, in one form", async () => {
    expect(await judge("🌵🦉🎻🪁🧊🛶🥨🪐🧵🦔🪴")).toMatch(/at least 12/);
    expect(await judge("ﬁ".repeat(6) + "q7")).not.toMatch(/at least/); // fi, after NFKC
  });

  test.each([
    "adaadaadaada",
    "Purlin-lovelace",
    "lovelace@example",
    "iloveyou1234",
    "aaaaaaaaaaaa",
    "123456789012",
    "trustno1trustno1",
  ])("may not be %s", async (password) => {
    expect(await judge(password, ["ada.lovelace@example.com", "Ada Lovelace", "Purlin"])).toMatch(/easy to guess/);
  });

  test("is judged off the event loop, however long it takes", async () => {
    const judged = judge("4@8({[</369&#!1|0$5+7%2".repeat(5).slice(0, 128));
    const before = performance.eventLoopUtilization();
    await judged;
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.6);
  });
});

describe("breached passwords", () => {
  const digest = createHash("sha1").update("seen-elsewhere-before").digest("hex").toUpperCase();

  async function ask(answer: ((prefix: string) => string) | undefined, password: string) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      if (answer) response.end(answer(request.url?.slice("/range/".length) ?? ""));
      else response.writeHead(500).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const metrics = createMetrics("auth", "0");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const logger = createLogger({ service: "auth", instance: "auth-1", level: "silent" });
    const found = await createBreaches(url, logger, createAccountMetrics(metrics)).contain(password);
    server.closeAllConnections();
    server.close();
    const figures = await metrics.registry.getSingleMetricAsString("auth_breach_checks_total");
    return { found, asked, figures };
  }

  test("are asked for by the first five digits only", async () => {
    const answer = (prefix: string) =>
      prefix === digest.slice(0, 5) ? `${"0".repeat(35)}:1\r\n${digest.slice(5)}:12\r\n` : "";
    const { found, asked } = await ask(answer, "seen-elsewhere-before");
    expect(found).toBe(true);
    expect(asked).toEqual([`/range/${digest.slice(0, 5)}`]);
    expect((await ask(answer, "never-seen-anywhere")).found).toBe(false);
  });

  test("are not taken for such when only padding matches, nor when nobody answers: then it is counted", async () => {
    expect((await ask(() => `${digest.slice(5)}:0`, "seen-elsewhere-before")).found).toBe(false);
    const { found, figures } = await ask(undefined, "seen-elsewhere-before");
    expect(found).toBe(false);
    expect(figures).toContain('result="error"} 1');
  });
});

test("the time between guesses doubles up to a quarter of an hour", () => {
  expect([6, 7, 8, 9, 10, 11, 12, 13, 1000].map(delay)).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
});
