import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../tests/harness/temporary-folder.ts";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register, type Registered } from "../../../tests/harness/register.ts";
import type { EnvPurpose } from "../component.ts";
import { fingerprintCode } from "./code.ts";
import { local } from "./local.ts";
import { serviceNeeds } from "./needs.ts";
import type { ServiceSpec } from "./outputs.ts";

let root: string;

beforeEach(() => {
  root = temporaryFolder();
  write("shop/dist/server.js", "serve()");
  write("shop/dist/migrate.js", "migrate()");
  write("shop/package.json", JSON.stringify({ dependencies: { "@shop/kit": "1.0.0", express: "5" } }));
  write("kit/dist/log.js", "log()");
  write("kit/package.json", "{}");
  write("node_modules/express/package.json", JSON.stringify({ version: "5.0.0" }));
  mkdirSync(join(root, "node_modules/@shop"));
  symlinkSync(join(root, "kit"), join(root, "node_modules/@shop/kit"));
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const shop: ServiceSpec = {
  path: "shop",
  command: ["node", "dist/server.js", "--fast"],
  migrate: ["node", "dist/migrate.js"],
  instances: 3,
  route: { path: "/shop", stripPrefix: true, sticky: false, page: "/reference" },
  needs: { postgres: [{ database: "app", access: "read-write", migrates: true, pool: 10 }], redis: [] },
  env: { LOG_LEVEL: "debug", PORT: "1" },
  keys: { SEAL: "shared" },
  stopTimeout: 7,
};

const build = (services: Record<string, ServiceSpec>, url?: string) =>
  register(() =>
    local(fakeTarget({ root }), {
      spec: services,
      consumers: [],
      built: {},
      envOf: (consumer: string, purpose: EnvPurpose) => ({ GIVEN: `${consumer} to ${purpose}` }),
      front: url === undefined ? undefined : { url },
    }),
  );

const named = (resources: Registered[], name: string) => resources.find((resource) => resource.name === name)?.inputs;

test("a service is its migration and its instances, each with ports of its own", async () => {
  const { result, resources } = await build({ shop }, "https://localhost:8443");
  expect(resources.map(({ type, name }) => `${type} ${name}`)).toEqual([
    "purlin:local:Task shop-migrate",
    "purlin:local:Process shop-1",
    "purlin:local:Process shop-2",
    "purlin:local:Process shop-3",
  ]);
  expect(named(resources, "shop-migrate")).toMatchObject({
    command: ["/node", join(root, "shop/dist/migrate.js")],
    env: { SERVICE_NAME: "shop", GIVEN: "shop to migrate" },
  });
  expect(result.outputs["shop"]?.instances[1]).toEqual({
    name: "shop-2",
    http: { host: "127.0.0.1", port: 20_003 },
    internal: { host: "127.0.0.1", port: 20_004 },
  });
  expect(named(resources, "shop-2")).toMatchObject({
    command: ["/node", join(root, "shop/dist/server.js"), "--fast"],
    cwd: join(root, "shop"),
    env: {
      GIVEN: "shop to run",
      LOG_LEVEL: "debug",
      SEAL: "key-of-services/shared",
      PORT: "20003",
      INTERNAL_PORT: "20004",
      PUBLIC_URL: "https://localhost:8443/shop",
      SERVICE_INSTANCE: "shop-2",
      STOP_TIMEOUT_SECONDS: "7",
    },
    stop: { signal: "TERM", timeoutSeconds: 7 },
    ready: { kind: "http", url: "http://127.0.0.1:20004/readyz" },
    restartOn: { code: fingerprintCode(join(root, "shop")) },
  });
  expect(new Set(resources.flatMap(({ inputs }) => inputs["env"]).map((env) => JSON.stringify(env))).size).toBe(4);
});

test("instances start in two waves, so that never all of them restart at once", async () => {
  const { resources } = await build({ shop });
  const level = (name: string) => named(resources, name)?.["level"];
  expect([level("shop-1"), level("shop-2"), level("shop-3")]).toEqual([0, 0, 1]);
  const pause = (name: string) => named(resources, name)?.["minReadySeconds"];
  expect([pause("shop-1"), pause("shop-2"), pause("shop-3")]).toEqual([1, 1, undefined]);
});

test("the gateway gets one route to all instances, Prometheus their internal ports", async () => {
  const { result } = await build({ shop }, "https://localhost:8443");
  const { instances, url, page } = result.outputs["shop"] ?? { instances: [] };
  expect([url, page]).toEqual(["https://localhost:8443/shop", "https://localhost:8443/shop/reference"]);
  expect(result.routes).toEqual([
    {
      name: "shop",
      path: "/shop",
      stripPrefix: true,
      sticky: false,
      backends: instances.map(({ http }) => http),
      healthPath: "/healthz",
    },
  ]);
  expect(result.scrape[2]).toEqual({
    job: "services",
    address: "127.0.0.1:20006",
    labels: { component: "services", instance: "shop-3" },
  });
});

test("a worker has neither port nor route; without a gateway there is no URL", async () => {
  const { migrate, route, ...worker } = shop;
  expect([migrate, route]).not.toContain(undefined);
  const { result, resources } = await build({ worker, shop });
  expect(result.routes.map(({ name }) => name)).toEqual(["shop"]);
  expect(result.outputs["worker"]?.instances[0]).not.toHaveProperty("http");
  expect(named(resources, "worker-1")?.["env"]).toMatchObject({ PORT: "1", SERVICE_NAME: "worker" });
  expect(named(resources, "shop-1")?.["env"]).not.toHaveProperty("PUBLIC_URL");
});

test("needs are edges with the service as consumer", () => {
  expect(serviceNeeds({ shop })).toEqual([
    { consumer: "shop", on: "postgres", database: "app", access: "read-write", migrates: true, pool: 10 },
  ]);
});

test("the fingerprint follows what runs, through linked packages and versions, and nothing else", () => {
  const fingerprint = () => fingerprintCode(join(root, "shop"));
  let last = fingerprint();
  for (const [file, text] of [
    ["shop/dist/server.js", "serve(2)"],
    ["shop/assets/page.css", "a { color: red }"],
    ["kit/dist/log.js", "log(2)"],
    ["node_modules/express/package.json", JSON.stringify({ version: "5.0.1" })],
    ["shop/package.json", JSON.stringify({ dependencies: { "@shop/kit": "1.0.0", express: "5" }, version: "2" })],
  ] as const) {
    write(file, text);
    expect(fingerprint(), file).not.toBe(last);
    last = fingerprint();
  }
  for (const file of [
    "shop/dist/server.test.js",
    "shop/dist/server.js.map",
    "shop/dist/server.d.ts",
    "shop/src/server.ts",
  ]) {
    write(file, "changed");
    expect(fingerprint(), file).toBe(last);
  }
});

test("a folder that is not there, and one that is not built, are named", async () => {
  await expect(build({ shop: { ...shop, path: "shoo" } })).rejects.toThrow("service shop has no folder shoo");
  rmSync(join(root, "shop/dist/migrate.js"));
  await expect(build({ shop })).rejects.toThrow("service shop is not built: there is no shop/dist/migrate.js");
});
