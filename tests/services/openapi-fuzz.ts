import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixtureOf, send, type Call, type Subject } from "./openapi-calls.ts";
import type { Answer, Operation } from "./openapi-document.ts";

/** What parsers and databases trip over. */
const oddTexts = ["\0", "\ud800", "'; --", "%00", "null", "-0", "1e999", "0x10", " 7", "", "../..", "a".repeat(5000)];
const oddNames = ["__proto__", "constructor", "0000-01-01", "9999-12-31T23:59:59.999999+23:59", "-infinity", "NaN"];

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(...oddTexts),
  fc.constantFrom(...oddNames),
);

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.double(),
    fc.integer(),
    fc.constantFrom(2 ** 53, -(2 ** 53), 1e308, 0.1 + 0.2, true, null),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(text, tie("any"), { maxKeys: 3 }),
  ),
})).any;

/** Bodies no JSON generator makes. */
const oddBodies: Call["raw"][] = [
  { type: "application/json", content: `${"[".repeat(50_000)}${"]".repeat(50_000)}` },
  { type: "application/json", content: `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}` },
  { type: "application/json", content: '{"__proto__":{"title":"x"},"constructor":{"prototype":{"title":"x"}}}' },
  { type: "application/json", content: '{"title":"\\ud800","name":"\\udfff"}' },
  { type: "application/json", content: '{"title":1e999999,"priority":-0}' },
  { type: "application/json; charset=utf-16", content: '{"title":"x"}' },
  { type: "application/json; charset=nonsense", content: '{"title":"x"}' },
  { type: "application/merge-patch+json", content: '{"title":"x"}' },
  { type: "/", content: "{}" },
  { type: "application/json", content: "\ufeff{}" },
  { type: "application/json", content: new Uint8Array([0x7b, 0xc3, 0x28, 0x7d]) },
];

/**
 * Sends every operation what its schema does not foresee, and much that it does: an answer is as documented or it is a
 * mistake, and what the schema does not allow is refused with a problem.
 */
export function testFuzz(subject: Subject, numRuns: number): void {
  const { document, url, owner } = subject;

  const expectSound = (operation: Operation, answer: Answer, allowed: boolean) => {
    expect(answer.status, answer.text).toBeLessThan(500);
    if (!allowed) expect(answer.status, "refused").toBeGreaterThanOrEqual(400);
    expect(document.wrongWith(operation, answer)).toEqual([]);
  };

  describe.each(document.operations)("$operationId", (operation) => {
    const inQuery = operation.parameters.flatMap(({ in: place, name }) => (place === "query" ? [name] : []));
    const takesJson = operation.requestBody?.content["application/json"] !== undefined;

    if (takesJson)
      test("any body", async () => {
        const good = await fixtureOf(subject, operation).call();
        const whole = bodyOf(good);
        const fields = Object.keys(whole);
        const field = fc.oneof(fc.constantFrom("title", "name", "key", ...fields), text);
        const changed = fc.dictionary(field, value, { minKeys: 1, maxKeys: 3 }).map((more) => ({ ...whole, ...more }));
        await fc.assert(
          fc.asyncProperty(fc.oneof(changed, value), async (generated) => {
            const body: unknown = JSON.parse(JSON.stringify(generated));
            expectSound(
              operation,
              await send(url, operation, { ...good, body }, owner),
              document.allows(operation, body),
            );
          }),
          { numRuns },
        );
        for (const raw of oddBodies) expectSound(operation, await send(url, operation, { ...good, raw }, owner), false);
      });

    if (takesJson)
      test("odd text in each field of the body", async () => {
        const good = await fixtureOf(subject, operation).call();
        const whole = bodyOf(good);
        for (const field of Object.keys(whole)) {
          for (const odd of [...oddTexts, ...oddNames]) {
            const body = { ...whole, [field]: odd };
            const answer = await send(url, operation, { ...good, body }, owner);
            expectSound(operation, answer, document.allows(operation, body));
          }
        }
      });

    test("any query and any headers", async () => {
      const { query: _, ...good } = await fixtureOf(subject, operation).call();
      const name = fc.oneof(fc.constantFrom(...inQuery, "surprise", "__proto__", "a[b]"), text);
      const pairs = fc.array(fc.tuple(name, text), { maxLength: 3 });
      const header = fc.string({
        unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
        minLength: 1,
      });
      const names = ["if-match", "if-none-match", "idempotency-key", "x-consistency-token", "cookie", "x-request-id"];
      const headers = fc.dictionary(fc.constantFrom(...names), header, { maxKeys: 2 });
      await fc.assert(
        fc.asyncProperty(pairs, headers, async (query, more) => {
          const call = { ...good, query: Object.fromEntries(query), headers: { ...good.headers, ...more } };
          const strange = Object.keys(call.query).some((one) => !inQuery.includes(one));
          expectSound(operation, await send(url, operation, call, owner), !strange);
        }),
        { numRuns },
      );
    });

    if (inQuery.length > 0)
      test("odd text in each parameter of the query", async () => {
        const good = await fixtureOf(subject, operation).call();
        for (const name of inQuery) {
          for (const odd of [...oddTexts, ...oddNames]) {
            const query = { ...good.query, [name]: odd };
            expectSound(operation, await send(url, operation, { ...good, query }, owner), true);
          }
        }
      });

    if (operation.parameters.some(({ in: place }) => place === "path"))
      test("any path", async () => {
        const good = await fixtureOf(subject, operation).call();
        await fc.assert(
          fc.asyncProperty(fc.constantFrom(...Object.keys(good.params)), text, async (name, replaced) => {
            fc.pre(replaced.isWellFormed() && !["", ".", ".."].includes(replaced)); // else it is another path, or none
            const call = { ...good, params: { ...good.params, [name]: replaced } };
            const allowed = document.allowsParameter(operation, name, replaced);
            expectSound(operation, await send(url, operation, call, owner), allowed);
          }),
          { numRuns: Math.ceil(numRuns / 3) },
        );
      });
  });
}

function bodyOf({ body }: Call): object {
  return typeof body === "object" && body !== null ? body : {};
}
