import { afterAll, expect, test } from "vitest";
import { startSubject } from "./api-subject.ts";
import { testAnswers } from "./openapi-suite.ts";

const { world, subject } = await startSubject();

afterAll(() => world[Symbol.asyncDispose]());

testAnswers(subject);

/** `npx vitest run --project integration tests/services/api-openapi -u` writes it again. */
test("docs/reference has the document as it is served", async () => {
  const document: unknown = await (await fetch(`${subject.url}/openapi.json`)).json();
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../../docs/reference/api.openapi.json");
});
