import { expect, test } from "vitest";
import { PurlinError } from "../../errors/purlin-error.ts";
import { duration } from "./duration.ts";
import { shownError, writeError } from "./error.ts";
import { painter } from "./paint.ts";
import { table } from "./table.ts";
import { terminal, type Terminal } from "./terminal.ts";

test.each([
  [0, "0.0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.4, "59 s"],
  [60, "1 min"],
  [185, "3 min 5 s"],
  [7800, "2 h 10 min"],
  [86_400, "1 d"],
])("%d seconds read %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("a table aligns by what is seen, not by colour codes", () => {
  const paint = painter({ colour: true });
  const [first, second] = table([
    [paint("red", "a"), "x"],
    ["bbb", "y"],
  ]);
  expect(first).toBe(`${paint("red", "a")}    x`);
  expect(second).toBe("bbb  y");
});

test.each([
  ["a terminal", true, {}, false, true],
  ["no terminal", false, {}, false, false],
  ["NO_COLOR", true, { NO_COLOR: "1" }, false, false],
  ["an empty NO_COLOR, which does not count", true, { NO_COLOR: "" }, false, true],
  ["TERM=dumb", true, { TERM: "dumb" }, false, false],
  ["--no-color", true, {}, true, false],
])("colour with %s", (_with, isTTY, env, noColour, colour) => {
  expect(terminal({ write: () => undefined, isTTY }, { env, noColour }).colour).toBe(colour);
});

function written(error: unknown, json: boolean, logFile?: string): string {
  let text = "";
  const to: Terminal = { write: (part) => void (text += part), isTTY: false, colour: false, screen: undefined };
  writeError(to, shownError(error, logFile), json);
  return text;
}

const full = new PurlinError("HOME_UNWRITABLE", { path: "/data", reason: "EROFS" });

test("an error says what, why, and last how to mend it", () => {
  expect(written(full, false)).toBe(
    "error: the data home /data cannot be written\n  EROFS\nfix: make it writable for you, or set PURLIN_HOME to a folder that is\n",
  );
});

test("an error is one line of JSON with --json", () => {
  expect(JSON.parse(written(full, true))).toEqual({
    version: 1,
    error: {
      code: "HOME_UNWRITABLE",
      family: "preflight",
      exitCode: 4,
      what: "the data home /data cannot be written",
      why: "EROFS",
      fix: "make it writable for you, or set PURLIN_HOME to a folder that is",
    },
  });
});

test("an unexpected error says where the log is", () => {
  expect(written(new TypeError("x is not a function"), false, "/log")).toBe(
    "error: unexpected: x is not a function\n  This is a bug in purlin, not something you did.\nfix: report it, with /log\n",
  );
});
