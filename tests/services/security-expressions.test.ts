import { Worker } from "node:worker_threads";
import ts from "typescript";
import { expect, test } from "vitest";
import { sources } from "./security-sources.ts";

/* No regular expression can be kept busy by what it is given (OWASP ASVS 5.0, 1.3.12). */
const literals = [
  ...new Set(sources.flatMap(({ nodes }) => nodes.filter(ts.isRegularExpressionLiteral).map(({ text }) => text))),
];
/** What makes a careless expression go back and forth: much of one thing, and an end that does not fit. */
const pieces = [
  "a",
  "0",
  " ",
  "-",
  "_",
  ".",
  "/",
  "=",
  "A",
  "'",
  '"',
  "\\",
  "@",
  ":",
  ";",
  "<",
  "[",
  "]",
  "a-",
  "a.",
  "a@",
  "a=",
  '""',
  '"a":',
  "://",
  "../",
  "\r\n",
  "é",
  "\u{1F600}",
];
const heads = ["", "a@", "://", "?token", '"token', "Bearer ", "eyJ", "plk_", "<input ", "work_"];

test("every regular expression answers at once, whatever is sent", async () => {
  expect(literals.length).toBeGreaterThan(80);
  const program = `
    const { workerData, parentPort } = require("node:worker_threads");
    for (const literal of workerData.literals) {
      parentPort.postMessage(literal);
      const end = literal.lastIndexOf("/");
      const pattern = new RegExp(literal.slice(1, end), literal.slice(end + 1).replace("g", ""));
      for (const head of workerData.heads) for (const piece of workerData.pieces)
        for (const tail of ["", "\\0", "!", "@"]) pattern.test(head + piece.repeat(workerData.length / piece.length) + tail);
    }
    parentPort.postMessage("done");`;
  const worker = new Worker(program, { eval: true, workerData: { literals, heads, pieces, length: 4_000 } });
  let last = "";
  const done = await new Promise<boolean>((resolve, reject) => {
    const patience = setTimeout(() => resolve(false), 60_000); // one that backtracks takes years
    worker.on("message", (literal: string) => {
      last = literal;
      if (literal !== "done") return;
      clearTimeout(patience);
      resolve(true);
    });
    worker.on("error", reject);
  });
  await worker.terminate();
  expect([last, done]).toEqual(["done", true]);
}, 90_000);
