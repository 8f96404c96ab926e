import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const modules = globSync("*.ts", { cwd: import.meta.dirname }).filter((file) => {
  return !file.endsWith(".test.ts") && /"(@peculiar\/x509|\.\/x509\.ts)"/.test(read(file));
});

test.each(modules)("%s can be the first to be loaded", (file) => {
  const load = `await import(${JSON.stringify(join(import.meta.dirname, file))})`;
  expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", load], { stdio: "pipe" })).not.toThrow();
});

test("the library is reached through one door", () => {
  expect(modules.length).toBeGreaterThan(2);
  expect(modules.filter((file) => read(file).includes('"@peculiar/x509"'))).toEqual(["x509.ts"]);
});

function read(file: string): string {
  return readFileSync(join(import.meta.dirname, file), "utf8");
}
