import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { requestContext, requestIdFrom } from "./request-context.ts";

function lines() {
  const written: string[] = [];
  const logger = createLogger(
    { service: "api", instance: "api-1", level: "info" },
    { write: (line) => void written.push(line) },
  );
  return { logger, last: () => JSON.parse(written.at(-1) ?? "null") as Record<string, unknown>, written };
}

test("a line says who wrote it and, while a request is served, for which one", async () => {
  const { logger, last } = lines();
  logger.info("outside");
  expect(last()).toMatchObject({ level: "info", service: "api", instance: "api-1", msg: "outside" });
  expect(last()).not.toHaveProperty("requestId");
  await requestContext.run({ requestId: "r1" }, async () => {
    await Promise.resolve();
    logger.info("inside");
  });
  expect(last()).toMatchObject({ requestId: "r1" });
});

const secret = "hunter2-hunter2-hunter2";
const jwt = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"sub":"x"}').toString("base64url")}.${secret}`;
const apiKey = `plk_${"a".repeat(20)}${secret}`;

test.each([
  "password",
  "authorization",
  "Authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "token",
  "refresh_token",
  "client_secret",
  "secretAccessKey",
  "apiKey",
  "x-api-key",
  "private_key",
  "code_verifier",
  "dpop",
])("%s is redacted at any depth", (name) => {
  const { logger, written } = lines();
  logger.info(
    { [name]: secret, request: { headers: { [name]: secret, list: [{ [name]: [secret, `a"${secret}`] }] } } },
    "login",
  );
  logger.error({ err: Object.assign(new Error("failed"), { config: { [name]: `x\\"${secret}` } }) }, "failed");
  expect(written.join("")).not.toContain(secret);
  for (const line of written) expect(JSON.parse(line)).toHaveProperty("msg");
});

test.each([
  `GET /reset?token=${secret}&next=/`,
  `GET /callback?code=${secret}`,
  `Authorization: Bearer ${jwt}`,
  `the token ${jwt} has expired`,
  `no key ${apiKey}`,
  `cannot reach postgres://app:${secret}@db:5432/app`,
  `Basic ${Buffer.from(`id:${secret}`).toString("base64")}`,
])("a secret in a sentence is redacted: %s", (sentence) => {
  const { logger, written } = lines();
  logger.info(sentence);
  logger.warn({ err: new Error("outer", { cause: new Error(sentence) }) }, "failed");
  expect(written.join("")).not.toContain(secret);
  expect(written.join("")).not.toContain(Buffer.from(`id:${secret}`).toString("base64"));
  for (const line of written) expect(JSON.parse(line)).toHaveProperty("msg");
});

test("what is no secret stays as it is", () => {
  const { logger, last } = lines();
  const harmless = { route: "/tokens/:id", tokens: 3, url: "https://platform.test/api?limit=5", note: "pass it on" };
  logger.info(harmless, "a token was refused");
  expect(last()).toMatchObject({ ...harmless, msg: "a token was refused" });
});

test("a request id is taken over only when it is harmless", () => {
  expect(requestIdFrom("abc-1.2_3")).toBe("abc-1.2_3");
  for (const bad of [undefined, "", "a b", "a\nb", "x".repeat(129), "<script>"]) {
    expect(requestIdFrom(bad)).toMatch(/^[0-9a-f-]{36}$/);
  }
});
