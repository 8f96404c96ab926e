import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { version } from "./version.ts";

/* The built program as a user starts it: bin/purlin.js, without a terminal. */

const bin = join(import.meta.dirname, "../bin/purlin.js");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "purlin-bin-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Result {
  code: number | string | null | undefined;
  stdout: string;
  stderr: string;
}

function purlin(args: string[], env: Record<string, string> = {}): Promise<Result> {
  return start(bin, args, env);
}

function start(file: string, args: string[], env: Record<string, string> = {}, cwd = folder): Promise<Result> {
  const options = {
    cwd,
    env: { PATH: process.env["PATH"], HOME: folder, PURLIN_HOME: join(folder, "home"), ...env },
  };
  return new Promise((resolve) => {
    execFile(file, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe("without a blueprint", () => {
  test("--help goes to stdout and lists the commands in the order of a platform's life", async () => {
    const { code, stdout, stderr } = await purlin(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const verbs = [...stdout.matchAll(/^ {2}([a-z]+) .*/gm)].map(([, verb]) => verb);
    expect(verbs.join(" ")).toBe(
      "init doctor plan up status wait logs outputs open exec psql config down destroy completion help",
    );
  });

  test("--version prints the package's version alone", async () => {
    expect(await purlin(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("no command at all is a usage error", async () => {
    expect(await purlin([])).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: no command given\nfix: see `purlin --help`\n",
    });
  });

  test.each([
    [["stats"], "error: unknown command 'stats'\nfix: did you mean status?\n"],
    [["status", "--jsn"], "error: unknown option '--jsn'\nfix: did you mean --json?\n"],
    [
      ["up", "--lock-wait", "soon"],
      "error: option '--lock-wait <seconds>' argument 'soon' is invalid. Write it as 90, 90s, 5m or 1h.\nfix: see `purlin --help`, or `purlin <command> --help`\n",
    ],
    [
      ["completion", "csh"],
      "error: command-argument value 'csh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish, powershell.\nfix: see `purlin --help`, or `purlin <command> --help`\n",
    ],
    [
      ["status", "now"],
      "error: too many arguments for 'status'. Expected 0 arguments but got 1: now.\nfix: see `purlin --help`, or `purlin <command> --help`\n",
    ],
  ])("%j is a usage error that says what is nearest", async (args, stderr) => {
    expect(await purlin(args)).toEqual({ code: 2, stdout: "", stderr });
  });

  test("a usage error is JSON with --json", async () => {
    const { code, stderr } = await purlin(["stats", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      version: 1,
      error: {
        code: "USAGE",
        family: "usage",
        exitCode: 2,
        what: "unknown command 'stats'",
        fix: "did you mean status?",
      },
    });
  });

  test("every command says that there is no blueprint, and exits 3", async () => {
    const { code, stderr } = await purlin(["status"]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: `error: no blueprint at ${folder}/purlin.yaml\nfix: run \`purlin init\` to write one, or name it with --file\n`,
    });
  });

  test.each(["bash", "zsh", "fish", "powershell"])("the completion of %s calls back", async (shell) => {
    const { code, stdout } = await purlin(["completion", shell]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/purlin.? complete .?--/);
  });

  test("completes commands, options of both kinds, and choices", async () => {
    expect((await purlin(["complete", "--", "st"])).stdout).toMatch(/^status\t/);
    expect((await purlin(["complete", "--", "plan", "--de"])).stdout).toMatch(/^--detailed-exitcode\t/);
    expect((await purlin(["complete", "--", "plan", "--js"])).stdout).toMatch(/^--json\t/);
    expect((await purlin(["complete", "--", "completion", "po"])).stdout).toMatch(/^powershell\t/);
  });
});

describe("when it cannot start, it says so in one line and exits 2", () => {
  const root = join(import.meta.dirname, "..");

  /** A checkout with nothing but bin/, and what a test links into it. */
  async function bareCheckout(): Promise<string> {
    const checkout = await mkdtemp(join(folder, "checkout-"));
    await mkdir(join(checkout, "bin"));
    await copyFile(bin, join(checkout, "bin/purlin.js"));
    return checkout;
  }

  test("under a Node.js that is too old", async () => {
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})";
    const { code, stdout, stderr } = await start(process.execPath, ["--import", old, bin, "status"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^purlin needs Node\.js 24 or newer.*\n$/);
    expect(await readFile(bin, "utf8"), "fails before the gate in a Node.js without that export").not.toMatch(
      /^import /m,
    );
  });

  test("before anything is installed", async () => {
    const checkout = await bareCheckout();
    expect(await start(join(checkout, "bin/purlin.js"), ["status"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `purlin is not installed: run ${checkout}/bin/setup\n`,
    });
  });

  test("before anything is built", async () => {
    const checkout = await bareCheckout();
    await symlink(join(root, "node_modules"), join(checkout, "node_modules"));
    await copyFile(join(root, "package.json"), join(checkout, "package.json"));
    expect(await start(join(checkout, "bin/purlin.js"), ["status"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `purlin is not built, or a dependency is missing: run ${checkout}/bin/setup\n`,
    });
  });
});

describe("after init", () => {
  test("init writes a blueprint that is valid, and leaves one that is there", async () => {
    expect(await purlin(["init", "--name", "shop"])).toMatchObject({ code: 0, stdout: "" });
    const written = await readFile(join(folder, "purlin.yaml"), "utf8");
    const { code, stdout } = await purlin(["config", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, blueprint: { name: "shop" } });
    await writeFile(join(folder, "purlin.yaml"), `${written}# mine\n`);
    expect((await purlin(["init"])).stderr).toContain("is there already and was left as it is");
    expect(await readFile(join(folder, "purlin.yaml"), "utf8")).toBe(`${written}# mine\n`);
  });

  test("a problem of the blueprint is named from where the user is", async () => {
    const written = await readFile(join(folder, "purlin.yaml"), "utf8");
    await writeFile(join(folder, "purlin.yaml"), `${written}\npostgers: {}\n`);
    await mkdir(join(folder, "below"), { recursive: true });
    const { code, stderr } = await purlin(["config"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: purlin\.yaml has a problem\n {2}purlin\.yaml:\d+:1 postgers: /);
    const elsewhere = await start(bin, ["config"], {}, join(folder, "below"));
    expect(elsewhere.stderr).toContain(`${folder}/purlin.yaml has a problem`);
    await writeFile(join(folder, "purlin.yaml"), written);
  });

  test("destroy without a terminal names the flag that answers, and exits 2", async () => {
    const { code, stderr } = await purlin(["destroy"]);
    expect(code).toBe(2);
    expect(stderr).toContain("fix: answer with --confirm=dev\n");
  });

  test("status of a platform that is not up exits 7", async () => {
    expect(await purlin(["status"])).toEqual({
      code: 7,
      stdout: "",
      stderr: "Nothing of shop (dev) is up. Start it with `purlin up`.\n",
    });
  });

  test("a flag comes before its environment variable", async () => {
    const { stderr } = await purlin(["config", "--stack", "flagged"], { PURLIN_STACK: "environment" });
    expect(stderr).toContain("flagged");
    expect((await purlin(["config"], { PURLIN_STACK: "environment" })).stderr).toContain("environment");
  });
});
