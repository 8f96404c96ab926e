import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { migrate } from "./migrations.ts";

test("a folder without migrations of the running kind is an error, not a schema that is up to date", async () => {
  const folder = mkdtempSync(join(tmpdir(), "purlin-migrations-"));
  writeFileSync(join(folder, "0001-things.js"), "");
  const logger = createLogger({ service: "test", instance: "test-1", level: "silent" });
  const nobody = "postgres://nobody@127.0.0.1:1/none";
  const migrating = migrate({ ownerUrl: nobody, folder: pathToFileURL(folder), table: "things", logger });
  await expect(migrating).rejects.toThrow(`no migrations (*.ts) in ${folder}`);
});
