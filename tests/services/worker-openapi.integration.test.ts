import { afterAll, describe, expect, test } from "vitest";
import { testAccess } from "./openapi-access.ts";
import { expectLimits, expectOutage, strict } from "./openapi-faults.ts";
import { testFuzz } from "./openapi-fuzz.ts";
import { testAnswers } from "./openapi-suite.ts";
import { startWorkerSubject } from "./worker-subject.ts";

const { world, worker, subject, ...release } = await startWorkerSubject();

afterAll(() => release[Symbol.asyncDispose]());

describe("answers", () => testAnswers(subject));
describe("access", () => testAccess(subject));
describe("fuzz", () => testFuzz(subject, 60));

/** `npx vitest run --project integration tests/services/worker-openapi -u` writes it again. */
test("docs/reference has the document as it is served", async () => {
  const document: unknown = await (await fetch(`${subject.url}/openapi.json`)).json();
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
    "../../docs/reference/worker.openapi.json",
  );
});

describe("every operation", () => {
  test("answers 429 as documented, with the time to wait, to who has sent too many", async () => {
    await using limited = await world.start("worker-strict", strict);
    await expectLimits(subject, limited.url);
  });

  test("answers 503 as documented while no database is there, and well again once it is", () =>
    expectOutage(subject, world.daemons, worker));
});
