import { Readable } from "node:stream";
import { Problem } from "@purlin/kit/problems";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guardFormula, unguardFormula } from "../../services/api/src/exports/formulas.ts";
import { readRows, type CsvRow } from "../../services/api/src/imports/csv-rows.ts";

const columns = { required: ["title"], optional: ["description", "number"] };

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Rows of `text`, which arrives `size` bytes at a time. */
function rows(text: string | Uint8Array, size = 7): Promise<CsvRow[]> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
  return collect(readRows(Readable.from(chunks, { objectMode: false }), columns));
}

async function problem(text: string | Uint8Array): Promise<Problem> {
  const error: unknown = await rows(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof Problem)) throw new Error(`no problem but ${JSON.stringify(error)}`);
  return error;
}

describe("reads", () => {
  const two = [
    { line: 2, values: { title: "a", description: "b" } },
    { line: 3, values: { title: "c", description: "d" } },
  ];

  test.each([
    ["LF", "title,description\na,b\nc,d\n"],
    ["CRLF", "title,description\r\na,b\r\nc,d\r\n"],
    ["CR", "title,description\ra,b\rc,d\r"],
    ["no end of the last line", "title,description\na,b\nc,d"],
    ["a byte order mark", "\ufefftitle,description\na,b\nc,d\n"],
    ["quotes", '"title","description"\n"a","b"\n"c","d"\n'],
    ["another order", "description,title\nb,a\nd,c\n"],
  ])("%s", async (_, text) => {
    for (const size of [1, 2, 7, 1000]) expect(await rows(text, size)).toEqual(two);
  });

  test("quotes, commas, line ends and characters of several bytes inside a field, cut anywhere", async () => {
    const text = 'title,description\n"say ""hi"", 👩‍👧","one\r\ntwo"\n';
    for (const size of [1, 2, 3, 5]) {
      expect(await rows(text, size)).toMatchObject([{ values: { title: 'say "hi", 👩‍👧', description: "one\r\ntwo" } }]);
    }
  });

  test("nothing from a file with a header alone", async () => {
    expect(await rows("title\n")).toEqual([]);
  });
});

describe("refuses", () => {
  test.each([
    ["a quote that is never closed", 'title\n"a\nb\n'],
    ["a quote inside a field", 'title\na"b\n'],
    ["something after a closing quote", 'title\n"a"b\n'],
    ["too few fields", "title,description\na\n"],
    ["too many fields", "title\na,b\n"],
    ["a row without end", `title\n"${"a".repeat(70_000)}`],
    ["bytes that are not UTF-8", Buffer.from([...Buffer.from("title\na"), 0xff, 0x0a])],
    ["a character cut off at the end", Buffer.from([...Buffer.from("title\na"), 0xc3])],
    ["UTF-16", Buffer.from("\ufefftitle\na\n", "utf16le")],
  ])("%s", async (_, text) => {
    expect(await problem(text)).toMatchObject({ code: "malformed_body" });
  });

  test.each([
    ["a column that is missing", "description\na\n", [{ path: "header.title", message: "is missing" }]],
    ["a file that is empty", "", [{ path: "header.title", message: "is missing" }]],
    ["a column that is unknown", "title,color\na,b\n", [{ path: "header.color", message: "is not a known column" }]],
    ["a column that is there twice", "title,title\na,b\n", [{ path: "header.title", message: "is there twice" }]],
    [
      "a name of every object",
      "title,__proto__\na,b\n",
      [{ path: "header.__proto__", message: "is not a known column" }],
    ],
    [
      "semicolons",
      "title;description\na;b\n",
      expect.arrayContaining([{ path: "header.title", message: "is missing" }]),
    ],
  ])("%s", async (_, text, errors) => {
    expect((await problem(text)).options.errors).toEqual(errors);
  });

  test("a body that breaks off, and leaves what came before", async () => {
    const body = new Readable({ read: () => undefined });
    const reading = readRows(body, columns);
    body.push(`title\n${"a\n".repeat(50)}`);
    expect((await reading.next()).value).toMatchObject({ values: { title: "a" } });
    body.destroy();
    const error: unknown = await collect(reading).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "malformed_body", message: "the body ended early" });
  });

  test("no more than was asked for: the rest of the body is not read", async () => {
    let pushed = 0;
    const body = new Readable({
      highWaterMark: 1024,
      read() {
        this.push(pushed++ === 0 ? "title\n" : "row\n".repeat(250));
      },
    });
    const reading = readRows(body, columns);
    for (let n = 0; n < 10; n++) await reading.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pushed).toBeLessThan(500); // buffers fill up, and then it waits
    await reading.return(undefined);
    body.destroy();
  });
});

describe("formulas", () => {
  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''@x"])(
    "%j becomes text",
    (text) => {
      expect(guardFormula(text)).toBe(`'${text}`);
    },
  );

  test.each(["a", "'a", "1", "", "a=b", "'"])("%j stays", (text) => {
    expect(guardFormula(text)).toBe(text);
    expect(unguardFormula(text)).toBe(text);
  });

  test("whatever is exported comes back as it was, and no cell begins like a formula", async () => {
    const cell = fc.string({
      unit: fc.constantFrom("=", "+", "-", "@", "'", '"', ",", "\r", "\n", "\t", "a", "é", "👩"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), async (cells) => {
        for (const text of cells.flat()) expect(guardFormula(text)).not.toMatch(/^[=+\-@\t\r\n]/);
        const quote = (cell: string) => `"${guardFormula(cell).replaceAll('"', '""')}"`;
        const text = ["title,description", ...cells.map((row) => row.map(quote).join(","))].join("\r\n");
        expect((await rows(text)).map(({ values }) => [values["title"], values["description"]])).toEqual(cells);
      }),
    );
  });
});
