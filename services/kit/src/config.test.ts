import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, httpEnv, list, readConfig } from "./config.ts";

const schema = z.object({ ...httpEnv, REPLICAS: list(z.url()), SECRET_URL: z.url() });
const good = {
  SERVICE_NAME: "api",
  SERVICE_INSTANCE: "api-1",
  PORT: "8080",
  INTERNAL_PORT: "8081",
  SECRET_URL: "redis://:pw@localhost",
};

test("numbers are numbers, lists are lists, empty means absent", () => {
  const config = readConfig(schema, { ...good, REPLICAS: "postgres://a, postgres://b", LOG_LEVEL: "", OTHER: "x" });
  expect(config).toMatchObject({ PORT: 8080, LOG_LEVEL: "info", HOST: "127.0.0.1" });
  expect(config.REPLICAS).toEqual(["postgres://a", "postgres://b"]);
  expect(readConfig(schema, good).REPLICAS).toEqual([]);
});

test("every problem is told at once, and no value is repeated", () => {
  const read = () =>
    readConfig(schema, { ...good, PORT: "99999", INTERNAL_PORT: "", SECRET_URL: "hunter2", REPLICAS: "x" });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/PORT: (.|\n)*INTERNAL_PORT: is not set|INTERNAL_PORT: is not set(.|\n)*PORT: /);
  expect(read).toThrow(/REPLICAS: /);
  expect(read).toThrow(/SECRET_URL: /);
  expect(read).not.toThrow(/hunter2/);
});
