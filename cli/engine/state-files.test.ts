import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { StateFiles } from "./state-files.ts";

let dir: string;
let files: StateFiles;
let history: string;
beforeEach(() => {
  dir = temporaryFolder();
  files = new StateFiles(dir, "shop", "dev");
  history = join(dir, ".pulumi/history/shop/dev");
  for (const folder of [dirname(files.file), history]) mkdirSync(folder, { recursive: true });
});

const state = (serial: number) => JSON.stringify({ version: 3, checkpoint: { stack: "dev", serial } });

test("tells a sound file from a missing and a damaged one", () => {
  expect(files.condition()).toBe("missing");
  for (const content of ["", state(1).slice(0, 20), "{}", "null"]) {
    writeFileSync(files.file, content);
    expect(files.condition()).toBe("damaged");
  }
  writeFileSync(files.file, state(1));
  expect(files.condition()).toBe("sound");
});

test("restores the newest sound copy and keeps the damaged file", () => {
  writeFileSync(files.file, "{");
  writeFileSync(`${files.file}.bak`, "{");
  for (const [run, content] of [state(1), state(2), "{"].entries()) {
    const copy = join(history, `dev-${run}.checkpoint.json`);
    writeFileSync(copy, content);
    utimesSync(copy, run, run);
  }
  expect(files.restore()).toBe(join(history, "dev-1.checkpoint.json"));
  expect(readFileSync(files.file, "utf8")).toBe(state(2));
  expect(readFileSync(`${files.file}.damaged`, "utf8")).toBe("{");
});

test("says when no copy can be read, and touches nothing", () => {
  writeFileSync(files.file, "{");
  expect(files.restore()).toBeUndefined();
  expect(readFileSync(files.file, "utf8")).toBe("{");
});

test("keeps the history of the last twenty runs", () => {
  for (let run = 100; run < 130; run++) {
    for (const kind of ["history", "checkpoint"]) writeFileSync(join(history, `dev-${run}.${kind}.json`), "{}");
  }
  files.prune();
  const left = readdirSync(history).sort();
  expect(left).toHaveLength(40);
  expect(left[0]).toBe("dev-110.checkpoint.json");
});
