import { afterAll, describe, expect, test } from "vitest";
import { startAuthSubject } from "./auth-subject.ts";
import { testAccess } from "./openapi-access.ts";
import { testFuzz } from "./openapi-fuzz.ts";
import { testAnswers } from "./openapi-suite.ts";

const { world, subject } = await startAuthSubject();

afterAll(() => world[Symbol.asyncDispose]());

describe("answers", () => testAnswers(subject));
describe("access", () => testAccess(subject));
describe("fuzz", () => testFuzz(subject, 30));

/** `npx vitest run --project integration tests/services/auth-openapi -u` writes it again. */
test("docs/reference has the document as it is served", async () => {
  const document: unknown = await (await fetch(`${subject.url}/openapi.json`)).json();
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../../docs/reference/auth.openapi.json");
});
