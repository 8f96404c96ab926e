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

test.each(["password", "authorization", "cookie", "token", "secretAccessKey"])("%s is redacted", (name) => {
  const { logger, written } = lines();
  logger.info({ [name]: "hunter2", headers: { [name]: "hunter2" } }, "login");
  expect(written.join("")).not.toContain("hunter2");
  expect(written.join("")).toContain("[redacted]");
});

test("a request id is taken over only when it is harmless", () => {
  expect(requestIdFrom("abc-1.2_3")).toBe("abc-1.2_3");
  for (const bad of [undefined, "", "a b", "a\nb", "x".repeat(129), "<script>"]) {
    expect(requestIdFrom(bad)).toMatch(/^[0-9a-f-]{36}$/);
  }
});
