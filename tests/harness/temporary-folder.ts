import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of the running test, gone when it and its `afterEach` hooks are finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "purlin-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
