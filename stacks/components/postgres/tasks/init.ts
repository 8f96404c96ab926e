import { execFile } from "node:child_process";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { PurlinError } from "../../../../errors/purlin-error.ts";
import { runTask } from "../../../targets/local/tasks/run-task.ts";
import { dataMajor, requireMajor } from "../data-version.ts";

const input = z.strictObject({
  initdb: z.string(),
  major: z.number(),
  dataDir: z.string(),
  superuser: z.string(),
  password: z.string(),
  /** Data folders of the replicas, which may hold the last copy when the primary's is gone. */
  replicaDataDirs: z.array(z.string()),
});

/**
 * Makes the primary's data folder. initdb works in a folder beside it, renamed when complete, so that a kill leaves
 * either no cluster or a whole one.
 */
await runTask(input, async ({ initdb, major, dataDir, superuser, password, replicaDataDirs }) => {
  if (requireMajor(dataDir, major) === "present") return;
  for (const replica of replicaDataDirs) {
    if (dataMajor(replica) !== undefined) throw new PurlinError("POSTGRES_DATA_LOST", { path: dataDir, replica });
  }

  const parent = path.dirname(dataDir);
  const partial = `${dataDir}.part`;
  const passwordFile = path.join(parent, "password");
  await rm(partial, { recursive: true, force: true });
  await mkdir(parent, { recursive: true, mode: 0o700 });
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    await promisify(execFile)(initdb, [
      `--pgdata=${partial}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The built-in provider sorts the same on every machine: no index is broken by an upgrade of libc or ICU.
      ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
      "--data-checksums",
      "--no-instructions",
    ]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(partial, dataDir);
});
