import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { fixtureOf, idsOf, send, withParam, type Call, type Subject } from "./openapi-calls.ts";
import type { Answer, Operation } from "./openapi-document.ts";

/** Statuses no request of a client can provoke while all is well: tests of faults and of limits do. */
const provokedElsewhere = ["429", "500", "503"];

/** A request that should be refused, made of one that succeeds. */
interface Refusal {
  name: string;
  status: number;
  applies: (operation: Operation) => boolean;
  change: (call: Call, operation: Operation) => Call;
  as?: "owner" | "powerless" | "nobody";
}

/**
 * Generates tests from the document: each operation is called with success, and wrongly in every way it can be; each
 * answer is held against the document, and in the end each documented status must have been seen.
 */
export function testAnswers(subject: Subject): void {
  const { document, url } = subject;
  const seen = new Map<string, Set<string>>();

  const expectAnswer = (operation: Operation, answer: Answer, status?: number) => {
    if (status !== undefined)
      expect([answer.status, answer.status === status ? "" : answer.text]).toEqual([status, ""]);
    expect(document.wrongWith(operation, answer)).toEqual([]);
    seen.set(operation.operationId, (seen.get(operation.operationId) ?? new Set()).add(String(answer.status)));
  };
  const sendAs = async (operation: Operation, call: Call, as: Refusal["as"] = "owner") =>
    send(url, operation, call, as === "nobody" ? undefined : subject[as]);

  describe.each(document.operations)("$operationId", (operation) => {
    test("succeeds as documented", async () => {
      const answer = await sendAs(operation, await fixtureOf(subject, operation).call());
      expect(answer.status, answer.text).toBeLessThan(300);
      expectAnswer(operation, answer);
    });

    for (const { name, status, change, as } of refusals.filter((one) => one.applies(operation))) {
      test(`answers ${status} to ${name}`, async () => {
        const call = change(await fixtureOf(subject, operation).call(), operation);
        expectAnswer(operation, await sendAs(operation, call, as), status);
      });
    }

    for (const id of idsOf(operation)) {
      test(`has nothing where ${id} names nothing`, async () => {
        const call = withParam(await fixtureOf(subject, operation).call(), id, nothing(operation, id));
        const answer = await sendAs(operation, call);
        if (!mayBeNew(operation, id)) expectAnswer(operation, answer, 404);
      });
    }

    if (has(operation, "304"))
      test("answers 304 to who has it", async () => {
        const call = await fixtureOf(subject, operation).call();
        const etag = (await sendAs(operation, call)).headers.get("etag") ?? "";
        const answer = await sendAs(operation, { ...call, headers: { ...call.headers, "if-none-match": etag } });
        expectAnswer(operation, answer, 304);
      });

    if (takes(operation, "idempotency-key"))
      test("repeats its answer for a key, and refuses it for another request", async () => {
        const call = await fixtureOf(subject, operation).call();
        const headers = { ...call.headers, "idempotency-key": randomUUID() };
        const first = await sendAs(operation, { ...call, headers });
        const again = await sendAs(operation, { ...call, headers });
        expectAnswer(operation, again);
        expect([again.status, again.text]).toEqual([first.status, first.text]);
        expect(again.headers.get("idempotency-replayed")).toBe("true");
        const other = { ...(await fixtureOf(subject, operation).call()), headers };
        expectAnswer(operation, await sendAs(operation, other), 422);
      });

    for (const [status, make] of Object.entries(subject.fixtures[operation.operationId]?.others ?? {})) {
      test(`answers ${status} where it should`, async () => {
        expectAnswer(operation, await sendAs(operation, await make()), Number(status));
      });
    }
  });

  test("there is a fixture for each operation, and no other", () => {
    const ids = document.operations.map(({ operationId }) => operationId);
    expect(Object.keys(subject.fixtures).sort()).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("examples are what they are examples of", () => {
    expect(document.wrongExamples()).toEqual([]);
  });

  test("each documented status was answered", () => {
    const unseen = document.operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => !provokedElsewhere.includes(status) && !seen.get(operationId)?.has(status))
        .map((status) => `${operationId} ${status}`),
    );
    expect(unseen).toEqual([]);
  });
}

const takesJson = ({ requestBody }: Operation) => requestBody?.content["application/json"] !== undefined;
const needsPermission = (operation: Operation) => operation["x-permission"] !== undefined;

function has({ responses }: Operation, status: string): boolean {
  return responses[status] !== undefined;
}

function takes({ parameters }: Operation, header: string): boolean {
  return parameters.some(({ in: place, name }) => place === "header" && name === header);
}

/** A value that parameter may have, and nothing has. */
function nothing({ parameters }: Operation, id: string): string {
  const isUuid = parameters.some(({ name, schema }) => name === id && schema["format"] === "uuid");
  return isUuid ? randomUUID() : `no-${randomUUID().slice(0, 8)}`;
}

/** Where the client chooses the last id, one that is new is no mistake. */
function mayBeNew({ method, path }: Operation, id: string): boolean {
  return method === "put" && path.endsWith(`{${id}}`);
}

const refusals: Refusal[] = [
  {
    name: "nobody",
    status: 401,
    applies: ({ security }) => security.length > 0,
    change: (call) => call,
    as: "nobody",
  },
  {
    name: "a token that is none",
    status: 401,
    applies: ({ security }) => security.length > 0,
    change: (call) => ({ ...call, headers: { ...call.headers, authorization: "Bearer nothing" } }),
    as: "nobody",
  },
  { name: "who may do nothing", status: 403, applies: needsPermission, change: (call) => call, as: "powerless" },
  {
    name: "an organisation that is not the caller's",
    status: 404,
    applies: needsPermission,
    change: (call) => withParam(call, "organisationId"),
  },
  {
    name: "a parameter there is not",
    status: 400,
    applies: () => true,
    change: (call) => ({ ...call, query: { ...call.query, surprise: "1" } }),
  },
  {
    name: "ids that are none",
    status: 400,
    applies: (operation) => idsOf(operation).length > 0,
    change: (call, operation) => withParam(call, idsOf(operation)[0] ?? "", "1' OR '1'='1"),
  },
  { name: "no body", status: 400, applies: takesJson, change: ({ body: _, ...call }) => call },
  { name: "a list for a body", status: 400, applies: takesJson, change: (call) => ({ ...call, body: [] }) },
  {
    name: "a field there is not",
    status: 400,
    applies: takesJson,
    change: (call) => ({ ...call, body: { ...Object(call.body), surprise: 1 } }),
  },
  { name: "half a body", status: 400, applies: takesJson, change: (call) => withText(call, '{"a":') },
  {
    name: "text that is not UTF-8",
    status: 400,
    applies: takesJson,
    change: (call) => ({ ...call, raw: { type: "application/json", content: notUtf8 } }),
  },
  {
    name: "a body of another type",
    status: 415,
    applies: takesJson,
    change: (call) => withText(call, "<a/>", "application/xml"),
  },
  {
    name: "a huge body",
    status: 413,
    applies: takesJson,
    change: (call) => withText(call, JSON.stringify({ a: "a".repeat(1024 * 1024) })),
  },
  {
    name: "no version",
    status: 428,
    applies: (operation) => has(operation, "428"),
    change: ({ headers: _, ...call }) => call,
  },
  {
    name: "another version",
    status: 412,
    applies: (operation) => has(operation, "412"),
    change: (call) => ({ ...call, headers: { "if-match": '"999"' } }),
  },
];

const notUtf8 = new Uint8Array([...Buffer.from('{"title":"'), 0xff, 0xfe, ...Buffer.from('"}')]);

function withText({ body: _, ...call }: Call, content: string, type = "application/json"): Call {
  return { ...call, raw: { type, content } };
}
