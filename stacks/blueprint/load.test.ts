import fc from "fast-check";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type ErrorText, PurlinError } from "../../errors/purlin-error.ts";
import { loadBlueprint, parseBlueprint } from "./load.ts";
import { resolveBlueprint, resolveSource } from "./resolve.ts";

const dir = mkdtempSync(join(tmpdir(), "purlin-load-"));
afterAll(() => rmSync(dir, { recursive: true }));

function refusal(act: () => unknown): { code: string; message: string; text: ErrorText } {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(PurlinError);
    if (error instanceof PurlinError) return error;
  }
  throw new Error("nothing was refused");
}

const texts: [name: string, text: string, problem: string][] = [
  ["empty", "", "purlin.yaml:1:1 the file is empty; `purlin init` writes one to start from"],
  ["comments only", "# nothing\n", "purlin.yaml:1:1 the file is empty; `purlin init` writes one to start from"],
  ["a list", "- a\n", "purlin.yaml:1:1 expected a mapping of keys to values, not a list"],
  ["a text", "purlin\n", 'purlin.yaml:1:1 expected a mapping of keys to values, not "purlin"'],
  ["a tab", "name:\n\tshop\n", "purlin.yaml:2:1 a tab is used to indent; YAML takes spaces only"],
  [
    "a key twice",
    "name: a\nredis: {}\nname: b\n",
    "purlin.yaml:3:1 this key is written twice in its mapping; keep one",
  ],
  [
    "two documents",
    "name: a\n---\nname: b\n",
    "purlin.yaml:2:1 a second document starts here; a blueprint is one document",
  ],
  ["an unknown tag", "name: !secret x\n", "purlin.yaml:1:7 not valid YAML: Unresolved tag: !secret"],
  ["a number as key", "name: a\n5: b\n", "purlin.yaml:2:1 5 cannot be a key; keys are text"],
  ["a list as key", "? [a]\n: b\n", "purlin.yaml:1:3 a mapping or list cannot be a key; keys are text"],
  ["a prototype", "__proto__: { name: x }\n", 'purlin.yaml:1:1 "__proto__" cannot be a key; keys are text'],
  ["an alias of nothing", "name: *who\n", "purlin.yaml:1:7 no anchor &who comes before this alias"],
  [
    "flow without end",
    "name: [a\n",
    "purlin.yaml:2:1 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  [
    "deep lists",
    `name: ${"[".repeat(5000)}${"]".repeat(5000)}\n`,
    "purlin.yaml:1:205 nested more than 100 levels deep",
  ],
  [
    "deep mappings",
    Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    "purlin.yaml:100:100 nested more than 100 levels deep",
  ],
  ["deep dashes", `${"- ".repeat(100_000)}a\n`, "purlin.yaml:1:401 nested more than 100 levels deep"],
  [
    "a bomb of aliases",
    [
      "a: &a [x, x, x, x, x, x, x, x, x]",
      ...["b", "c", "d", "e", "f"].map(
        (name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdef"[index]}`).join(", ")}]`,
      ),
    ].join("\n"),
    "purlin.yaml:1:1 aliases unfold more than 100 times; write the values out",
  ],
];

describe("a text that is no blueprint", () => {
  test.each(texts)("%s", (_, text, problem) => {
    const error = refusal(() => parseBlueprint("purlin.yaml", text));
    expect(error.code).toBe("BLUEPRINT_INVALID");
    expect(
      error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim())
        .join("\n"),
    ).toBe(problem);
  });
});

describe("a file that cannot be read", () => {
  const write = (content: string | Uint8Array) => {
    const file = join(dir, "purlin.yaml");
    writeFileSync(file, content);
    return file;
  };
  const why = (file: string) => refusal(() => loadBlueprint(file)).text.why;

  test("is named when it is missing", () => {
    const file = join(dir, "missing.yaml");
    expect(refusal(() => loadBlueprint(file)).message).toBe(`no blueprint at ${file}`);
  });
  test("larger than 1 MiB", () => expect(why(write("#".repeat(2 ** 20 + 1)))).toBe("it is larger than 1 MiB"));
  test("binary", () => expect(why(write(new Uint8Array([0x6e, 0, 0xff])))).toBe("it is binary, not text"));
  test("not UTF-8", () => expect(why(write(new Uint8Array([0x6e, 0xff, 0xfe])))).toBe("it is not UTF-8 text"));
  test("a folder", () => expect(why(dir)).toBe("it is not a file"));
  test("a device without end", () => expect(why("/dev/zero")).toBe("it is not a file"));
  test.skipIf(process.getuid?.() === 0)("closed to the user", () => {
    const file = write("name: shop\n");
    chmodSync(file, 0o000);
    expect(why(file)).toBe("permission denied");
  });
});

test("a byte order mark and Windows line ends are read", () => {
  const file = join(dir, "windows.yaml");
  writeFileSync(file, "\uFEFFname: shop\r\nredis: {}\r\n");
  expect(resolveBlueprint({ file }).name).toBe("shop");
});

test("aliases in measure are read, and a problem behind one is placed where it is written", () => {
  const text = "name: shop\nredis: { cache: &one { maxMemory: 64MB }, queue: *one }\n";
  const error = refusal(() => resolveSource(parseBlueprint("purlin.yaml", text), { file: "purlin.yaml" }));
  expect(error.message.split("\n").slice(1)).toEqual([
    '  purlin.yaml:2:35 redis.cache.maxMemory: "64MB" is not a size; write a number and KiB, MiB or GiB, like 128MiB',
    '  purlin.yaml:2:35 redis.queue.maxMemory: "64MB" is not a size; write a number and KiB, MiB or GiB, like 128MiB',
  ]);
});

describe("whatever a file holds", () => {
  const sectioned = fc.dictionary(
    fc.constantFrom(
      "name",
      "stacks",
      "gateway",
      "postgres",
      "redis",
      "storage",
      "mindsdb",
      "monitoring",
      "services",
      "purlin.yaml:100:100 nested more than 100 levels deep",
    ),
    fc.jsonValue({ maxDepth: 5 }),
  );
  const survives = (text: string) => {
    try {
      resolveSource(parseBlueprint("purlin.yaml", text), { file: "purlin.yaml" });
    } catch (error) {
      if (!(error instanceof PurlinError)) throw error;
    }
  };

  test("any JSON is resolved or refused", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => survives(JSON.stringify(value))),
      { numRuns: 300 },
    );
  });
  test("any sections are resolved or refused", () => {
    fc.assert(
      fc.property(sectioned, (value) => survives(stringify(value))),
      { numRuns: 300 },
    );
  });
  test("any text is resolved or refused", () => {
    const yamlish = fc.string({ unit: fc.constantFrom(..."ab:-[]{}&*!|>?#,'\"% \n\t\\~<0".split("")), maxLength: 60 });
    fc.assert(fc.property(yamlish, survives), { numRuns: 2000 });
  });
});
