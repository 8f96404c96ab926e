import { parse } from "yaml";
import { describe, expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register } from "../../../tests/harness/register.ts";
import type { Built, Route } from "../component.ts";
import { dynamicConfig } from "./dynamic-config.ts";
import { local } from "./local.ts";
import { healthCheckMs, retries as retriesOf } from "./middlewares.ts";
import { gatewaySpec } from "./spec.ts";

const route: Route = {
  name: "api",
  path: "/api",
  stripPrefix: false,
  sticky: false,
  backends: [{ host: "127.0.0.1", port: 9001 }],
  healthPath: "/healthz",
};
const certificate = { certFile: "/ca/server.pem", keyFile: "/ca/server.key" };

const middlewaresFor = (part: object) =>
  Object.keys(
    dynamicConfig(gatewaySpec.parse(part), [{ ...route, backends: [] }], certificate).http?.middlewares ?? {},
  );

describe("the middlewares", () => {
  test("of the defaults are headers, rate limit, body limit and retry", () => {
    expect(middlewaresFor({})).toEqual(["security-headers", "rate-limit", "body-limit", "retry"]);
  });

  test.each([
    ["cors.origins", { cors: { origins: ["https://shop.example"] } }, "cors", true],
    ["rateLimit.average: 0", { rateLimit: { average: 0 } }, "rate-limit", false],
    ["retries: 0", { retries: 0 }, "retry", false],
  ])("with %s: %#", (_option, part, name, present) => {
    expect(middlewaresFor(part).includes(name)).toBe(present);
  });
});

test.each([1, 2, 3, 10])("the shortest pauses of %d retries outlast two health checks", (retries) => {
  const { retry } = retriesOf(gatewaySpec.parse({ retries }));
  const first = Number.parseInt(retry?.retry.initialInterval ?? "");
  const pauses = Array.from({ length: retries }, (_, n) => (first / 2) * 2 ** (n / retries));
  const total = pauses.reduce((sum, pause) => sum + pause, 0);
  expect(total).toBeGreaterThanOrEqual(2 * healthCheckMs);
  expect(total).toBeLessThan(2 * healthCheckMs + 10);
});

test("TLS has ciphers with forward secrecy and authenticated encryption alone", () => {
  const { cipherSuites } = dynamicConfig(gatewaySpec.parse({}), [], certificate).tls.options.default;
  expect(cipherSuites.length).toBeGreaterThan(0);
  for (const suite of cipherSuites)
    expect(suite).toMatch(/^TLS_ECDHE_(ECDSA|RSA)_WITH_(AES_\d+_GCM|CHACHA20_POLY1305)_/);
});

test("without a route there is no http section, which Traefik would refuse empty", () => {
  expect(dynamicConfig(gatewaySpec.parse({}), [], certificate)).not.toHaveProperty("http");
});

test("a longer path wins over a shorter one, whatever the rules' lengths", () => {
  const known = { ...route, backends: [] };
  const { http } = dynamicConfig(gatewaySpec.parse({}), [known, { ...known, name: "all", path: "/" }], certificate);
  expect(http?.routers).toMatchObject({ "api-read": { priority: 4 }, "all-write": { priority: 1 } });
});

describe("on local", () => {
  test("one more instance changes the routes and does not restart Traefik", async () => {
    const [one, two] = [
      await built([route]),
      await built([{ ...route, backends: [...route.backends, { host: "127.0.0.1", port: 9002 }] }]),
    ];
    expect(two["gateway-routes"]?.["content"]).not.toBe(one["gateway-routes"]?.["content"]);
    expect(two["gateway"]?.["restartOn"]).toEqual(one["gateway"]?.["restartOn"]);
  });

  test("a renewed certificate changes the routes' file", async () => {
    const renewed = { ...fakeTarget().certificate, fingerprint: "f2" };
    const before = (await built([route]))["gateway-routes"]?.["content"];
    expect((await built([route], {}, { certificate: renewed }))["gateway-routes"]?.["content"]).not.toBe(before);
  });

  test.each([
    ["localhost", "127.0.0.1:8443"],
    ["shop.example", ":8443"],
  ])("with domain %s it listens on %s", async (domain, address) => {
    const resources = await built([], { domain });
    expect(parse(String(resources["gateway-static"]?.["content"]))).toMatchObject({
      entryPoints: { https: { address } },
    });
  });
});

/** Inputs of what was registered, by name. */
async function built(routes: Route[], part: object = {}, target: Parameters<typeof fakeTarget>[0] = {}) {
  const services: Built<"services"> = { outputs: {}, ready: [], scrape: [], routes };
  const input = { spec: gatewaySpec.parse(part), consumers: [], built: { services }, envOf: () => ({}) };
  const { resources } = await register(() => local(fakeTarget(target), input));
  return Object.fromEntries(resources.map(({ name, inputs }) => [name, inputs]));
}
