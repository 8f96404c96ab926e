import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** Modules of the two heavy packages that a process has loaded after the SDK, which must work either way. */
function heavyModules(before: string): number {
  const script = `
    ${before}
    const { CustomResource } = await import("@pulumi/pulumi");
    const { createRequire } = await import("node:module");
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    if (typeof CustomResource !== "function") throw new Error("the SDK is broken");
    console.log(loaded.filter((path) => /node_modules.(@npmcli.arborist|typescript)/.test(path)).length);`;
  const options = { cwd: import.meta.dirname, encoding: "utf8" } as const;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script], options));
}

test("the SDK loads without the packages that only serialise functions", () => {
  expect(heavyModules(`await import("./lean-sdk.ts");`)).toBe(0);
});

test("the SDK would load them: without that, this module has no reason to be", () => {
  expect(heavyModules("")).toBeGreaterThan(0);
});
