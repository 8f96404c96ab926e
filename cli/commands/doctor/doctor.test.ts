import { expect, test } from "vitest";
import { PurlinError } from "../../../errors/purlin-error.ts";
import { fakeContext } from "../../../tests/harness/fake-context.ts";
import type { Check } from "../../preflight/check.ts";
import { doctor } from "./doctor.handler.ts";

const check = (title: string, run: Check["run"]): Check => ({ id: title, title, beforeUp: true, run });
const fine = check("clock", () => ({ level: "ok", detail: "it is noon" }));
const little = check("memory", () => ({ level: "warn", detail: "2 GiB", remedy: "buy some" }));
const taken = check("ports", () => ({ level: "fail", detail: "8443 is taken", remedy: "stop nginx" }));
const broken = check("tools", () => Promise.reject(new Error("no network")));

const world = (checks: Check[], json = false) =>
  fakeContext({ platform: { checks: () => Promise.resolve(checks) }, settings: { json } });

test("prints each verdict, its remedy below it, and the verdict on all last", async () => {
  const context = world([fine, little, taken, broken]);
  expect(await doctor(context, {})).toBe("preflight");
  expect(context.out().split("\n")).toEqual([
    "✓ blueprint  /project/purlin.yaml, stack dev on local",
    "✓ clock      it is noon",
    "! memory     2 GiB",
    "             fix: buy some",
    "✗ ports      8443 is taken",
    "             fix: stop nginx",
    "✗ tools      could not be checked: no network",
    "             fix: see `purlin doctor --verbose`",
    "",
    "2 checks failed (1 to look at): `purlin up` would stop before its first change.",
    "",
  ]);
});

test("is done when nothing failed", async () => {
  const context = world([fine]);
  expect(await doctor(context, {})).toBe("done");
  expect(context.out()).toContain("Ready for `purlin up`.");
});

test("a wrong blueprint is a failed check, with its own remedy", async () => {
  const error = new PurlinError("BLUEPRINT_NOT_FOUND", { path: "/project/purlin.yaml" });
  const context = fakeContext({
    platform: { resolveBlueprint: () => Promise.reject(error) },
    settings: { json: true },
  });
  expect(await doctor(context, {})).toBe("preflight");
  expect(JSON.parse(context.out())).toEqual({
    version: 1,
    checks: [
      {
        id: "blueprint",
        title: "blueprint",
        level: "fail",
        detail: "no blueprint at /project/purlin.yaml",
        remedy: "run `purlin init` to write one, or name it with --file",
      },
    ],
  });
});
