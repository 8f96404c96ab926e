import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/harness/temporary-folder.ts";
import { findPython } from "./python.ts";

/** A python3 that claims a version; `modules` is what asking it to import pip and venv exits with. */
async function fakePython(version: string, modules: number): Promise<string> {
  const folder = temporaryFolder();
  await chmod(folder, 0o755);
  const path = join(folder, "python3");
  await writeFile(path, `#!/bin/sh\ncase "$2" in *pip*) exit ${modules};; esac\necho ${version} ${path}\n`);
  await chmod(path, 0o755);
  return folder;
}

const search = (...folders: string[]) =>
  findPython(">=3.11.0 <3.12.0", { env: { PATH: folders.join(":") }, platform: "linux-x64", offline: true }, []);

test("the first Python in range that has pip and venv is taken", async () => {
  const [old, bare, good] = [
    await fakePython("3.9.2", 0),
    await fakePython("3.11.4", 1),
    await fakePython("3.11.7", 0),
  ];
  expect(await search(old, bare, good)).toBe(join(good, "python3"));
});

test("without one, each candidate's reason is told", async () => {
  const [old, bare] = [await fakePython("3.9.2", 0), await fakePython("3.11.4", 1)];
  await expect(search(old, bare)).rejects.toThrow(
    `no Python >=3.11.0 <3.12.0 with pip: ${old}/python3 is 3.9.2; ${bare}/python3 does not run or lacks pip or venv`,
  );
  await expect(search()).rejects.toThrow(/^no Python >=3\.11\.0 <3\.12\.0 with pip$/);
});
