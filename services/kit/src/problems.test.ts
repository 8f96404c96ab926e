import { expect, test } from "vitest";
import { Problem, isOutage, problemFrom } from "./problems.ts";

test("what is not in the table is internal, and its message stays with us", () => {
  const problem = problemFrom(new Error("password of 10.0.0.7 is hunter2"));
  expect(problem.code).toBe("internal");
  expect(JSON.stringify(problem.document("r1"))).not.toContain("hunter2");
});

test("a document says type, title, status, code, detail, fields and request", () => {
  const errors = [{ path: "body.title", message: "is too long" }];
  expect(new Problem("invalid_request", { detail: "no", errors }).document("r1")).toEqual({
    type: "urn:purlin:problem:invalid_request",
    title: "The request is not valid",
    status: 400,
    code: "invalid_request",
    detail: "no",
    errors,
    requestId: "r1",
  });
});

test.each([
  [Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), true],
  [new AggregateError([Object.assign(new Error("connect"), { code: "ECONNREFUSED" })]), true],
  [Object.assign(new Error("shutting down"), { code: "57P01" }), true],
  [Object.assign(new Error("connection failure"), { code: "08006" }), true],
  [new Error("Connection terminated unexpectedly"), true],
  [Object.assign(new Error("syntax error"), { code: "42601" }), false],
  [new TypeError("x is not a function"), false],
])("%s is an outage: %s", (error, outage) => {
  expect(isOutage(error)).toBe(outage);
  expect(problemFrom(error).status).toBe(outage ? 503 : 500);
});
