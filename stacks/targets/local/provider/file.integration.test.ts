import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localStack, type LocalStack } from "../../../../tests/harness/local-stack.ts";
import { directory } from "./directory.ts";
import { file } from "./file.ts";

let stack: LocalStack;
let path: string;
beforeEach(async () => {
  stack = await localStack();
  path = join(stack.world.home.configDir, "demo/demo.conf");
});
afterEach(() => stack.release());

const instance = () => ({ id: path, name: "demo" });
const isRoot = process.getuid?.() === 0;

describe("File", () => {
  const args = (content = "1", mode = 0o640) => ({ path, content, mode });
  const keys = async (wanted = args(), olds = args()) =>
    (await file.diff(stack.world, instance(), wanted, olds)).map(({ key }) => key);

  it("is written with its folders, for the platform's user alone, and leaves no temporary", async () => {
    await file.apply(stack.world, instance(), args(), undefined);
    const { uid, mode } = statSync(path);
    expect({ uid, mode: mode & 0o777 }).toEqual({ uid: stack.world.user.uid, mode: 0o640 });
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(await keys()).toEqual([]);
  });

  it("tells what the blueprint changed from what was changed by hand, and heals both", async () => {
    await file.apply(stack.world, instance(), args(), undefined);
    expect(await keys(args("2", 0o600), args())).toEqual(["content", "mode"]);
    writeFileSync(path, "by hand");
    chmodSync(path, 0o777);
    expect(await keys()).toEqual(["state.content", "state.mode"]);
    rmSync(path);
    expect(await keys()).toEqual(["state.missing"]);
    await file.apply(stack.world, instance(), args(), args());
    expect(await keys()).toEqual([]);
  });

  it.runIf(isRoot)("takes the file back from another owner", async () => {
    await file.apply(stack.world, instance(), args(), undefined);
    chownSync(path, 0, 0);
    expect(await keys()).toEqual(["state.owner"]);
  });

  it("replaces a symbolic link instead of writing through it", async () => {
    const elsewhere = join(stack.world.home.dir, "elsewhere");
    writeFileSync(elsewhere, "untouched");
    mkdirSync(join(path, ".."), { recursive: true });
    symlinkSync(elsewhere, path);
    await file.apply(stack.world, instance(), args("secret"), undefined);
    expect([readFileSync(elsewhere, "utf8"), readFileSync(path, "utf8")]).toEqual(["untouched", "secret"]);
  });

  it("is removed, also when it is gone", async () => {
    await file.apply(stack.world, instance(), args(), undefined);
    await file.remove(stack.world, instance(), args());
    await file.remove(stack.world, instance(), args());
    expect(existsSync(path)).toBe(false);
  });
});

describe("Directory", () => {
  const args = (mode = 0o700) => ({ path, holds: "data" as const, mode });
  const keys = async (wanted = args(), olds = args()) =>
    (await directory.diff(stack.world, instance(), wanted, olds)).map(({ key }) => key);

  it("adopts a folder with its content, and corrects its mode", async () => {
    expect(await keys()).toEqual(["state.missing"]);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    writeFileSync(join(path, "data"), "");
    await directory.apply(stack.world, instance(), args(), undefined);
    expect(await keys()).toEqual([]);
    expect(existsSync(join(path, "data"))).toBe(true);
    expect(await keys(args(0o750), args())).toEqual(["mode"]);
  });

  it("refuses a file or a link in its place", async () => {
    mkdirSync(join(path, ".."), { recursive: true });
    symlinkSync("/etc", path);
    await expect(directory.apply(stack.world, instance(), args(), undefined)).rejects.toThrow("is in the way");
  });

  it("keeps data when it is deleted, and removes it when told so", async () => {
    await directory.apply(stack.world, instance(), args(), undefined);
    await directory.remove(stack.world, instance(), args());
    expect(existsSync(path)).toBe(true);
    await directory.remove({ ...stack.world, removeData: true }, instance(), args());
    expect(existsSync(path)).toBe(false);
  });
});
