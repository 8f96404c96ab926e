import { expect, test } from "vitest";
import { complaint, run } from "./run.ts";
import { SourceUnavailable } from "./source.ts";

const env = process.env;

test("what a program prints is returned", async () => {
  const printed = await run("sh", ["-c", "echo out; echo err >&2"], { env, timeout: 10 });
  expect(printed).toEqual({ stdout: "out\n", stderr: "err\n" });
});

test("arguments are passed as they are, whatever they hold", async () => {
  const { stdout } = await run("printf", ["%s|", "a b", "$HOME", "'"], { env, timeout: 10 });
  expect(stdout).toBe("a b|$HOME|'|");
});

test("a failing program is told by its name and its telling line", async () => {
  const failing = run("sh", ["-c", "echo starting; echo 'ERROR: hashes do not match' >&2; echo bye >&2; exit 1"], {
    env,
    timeout: 10,
  });
  await expect(failing).rejects.toThrow(new SourceUnavailable("sh: ERROR: hashes do not match"));
});

test("a program that hangs is ended", async () => {
  await expect(run("sleep", ["60"], { env, timeout: 0.2 })).rejects.toThrow("sleep gave no result within 0.2 s");
});

test.each([
  [
    "pip",
    "Collecting x\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n  Got abc\n",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
  ],
  [
    "npm",
    "npm error code E404\nnpm error 404 Not Found - GET x\nnpm error 404 or git url.\n",
    "npm error 404 Not Found - GET x",
  ],
  ["silence", "\n", "it failed without a word"],
])("the telling line of %s", (_name, text, line) => {
  expect(complaint(text)).toBe(line);
});
