import { afterAll, describe, expect, test } from "vitest";
import { testAccess } from "./openapi-access.ts";
import { testFuzz } from "./openapi-fuzz.ts";
import { testAnswers } from "./openapi-suite.ts";
import { startWorkerSubject } from "./worker-subject.ts";

const world = await startWorkerSubject();
const { subject } = world;

afterAll(() => world[Symbol.asyncDispose]());

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
