import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { blueprint } from "../../tests/harness/cli-samples.ts";
import type { ServiceSpec } from "../../stacks/components/services/outputs.ts";
import { runChecks, type CheckInput } from "./check.ts";
import { home } from "./home.ts";
import { ports } from "./ports.ts";
import { services } from "./services.ts";

const releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases.splice(0)) release();
});

function input(overrides: Partial<CheckInput> = {}): CheckInput {
  return { blueprint: blueprint(), home: undefined, env: {}, refresh: false, ...overrides };
}

test("a check that cannot be run has failed, and the others still run", async () => {
  const broken = { ...home, id: "broken", run: () => Promise.reject(new Error("EIO")) };
  const results = await runChecks([broken, home], input({ env: { PURLIN_HOME: temporaryFolder() } }));
  expect(results.map(({ verdict }) => verdict.level)).toEqual(["fail", "ok"]);
  expect(results[0]?.verdict.detail).toBe("could not be checked: EIO");
});

test("a data home below a file cannot be written", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(await home.run(input({ env: { PURLIN_HOME: join(file, "home") } }))).toEqual({
    level: "fail",
    detail: `${join(file, "home")} cannot be written`,
    remedy: `make ${file} writable for you, or set PURLIN_HOME to a folder that is`,
  });
});

test("a demanded port that a stranger holds names the stranger", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  releases.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const gateway = {
    domain: "localhost",
    ports: { https: port },
    cors: { origins: [] },
    rateLimit: { average: 0, burst: 0 },
    maxBody: 1,
    retries: 0,
  };
  const verdict = await ports.run(input({ blueprint: blueprint({ components: { gateway } }) }));
  expect(verdict.level).toBe("fail");
  expect(verdict.detail).toContain(`${port} (gateway.ports.https) is taken by `);
  expect(verdict.detail).toContain(`pid ${process.pid}`);
});

test("a service that was never built is named with its missing file", async () => {
  const root = temporaryFolder();
  const api: ServiceSpec = {
    path: "api",
    command: ["node", "--enable-source-maps", "dist/server.js"],
    instances: 1,
    needs: {},
    env: {},
    keys: {},
    stopTimeout: 5,
  };
  const file = join(root, "purlin.yaml");
  const verdict = await services.run(input({ blueprint: blueprint({ file, components: { services: { api } } }) }));
  expect(verdict).toEqual({
    level: "fail",
    detail: `api has no ${join(root, "api/dist/server.js")}`,
    remedy: `build them: \`npm run build\` in ${root}`,
  });
});
