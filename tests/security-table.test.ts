import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/*
 * docs/security.md names, for every requirement, the test that proves it. Here its tables are held against the tree: each test
 * it names is there. So the document cannot promise what nobody looks at.
 */
const root = join(import.meta.dirname, "..");
const rows = readRows("docs/security.md");

interface Row {
  id: string;
  requirement: string;
  how: string;
  proofs: { file: string; title: string }[];
}

/** Rows of all tables whose last column is named "proven by". */
function readRows(document: string): Row[] {
  let proven = false;
  return readFileSync(join(root, document), "utf8")
    .split("\n")
    .flatMap((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      if (cells.length < 6) {
        if (!line.startsWith("|")) proven = false;
        return [];
      }
      if (cells.at(-2) === "proven by") proven = true;
      if (!proven || cells.at(-2) === "proven by" || /^-+$/.test(cells[1] ?? "")) return [];
      const [, id = "", requirement = "", how = "", proof = ""] = cells;
      const named = [...proof.matchAll(/`([\w./-]+\.ts)` (.+?)(?=<br>|$)/g)];
      return [
        { id, requirement, how, proofs: named.map(([, file = "", title = ""]) => ({ file, title: title.trim() })) },
      ];
    });
}

/** Names of tests, and of groups of them, as they stand in a file. */
function titlesOf(file: string): Set<string> {
  const titles = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(test|it|describe)\b/.test(node.expression.getText())) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.add(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true));
  return titles;
}

/** Files that a row says meet it: whatever looks like one. */
function filesOf(how: string): string[] {
  return [...how.matchAll(/`([\w./-]+\.(?:ts|md|yaml|js))`/g)].map(([, file = ""]) => file);
}

describe("docs/security.md", () => {
  test("has the chapters of ASVS that apply, and both RFCs", () => {
    const chapters = new Set(rows.flatMap(({ id }) => /^(\d+)\.\d+\.\d+$/.exec(id)?.[1] ?? []));
    expect([...chapters].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    for (const rfc of ["9700", "8725"]) {
      expect(rows.filter(({ id }) => id.startsWith(`${rfc}, `)).length, rfc).toBeGreaterThanOrEqual(10);
    }
  });

  test("says each requirement once", () => {
    const ids = rows.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(ids.filter((id) => !/^(\d+\.\d+\.\d+|(9700|8725), \d+(\.\d+)*)$/.test(id))).toEqual([]);
  });
});

test.each(rows.map((row) => [row.id, row] as const))("%s is proven by tests that are there", (_, row) => {
  expect(row.requirement).not.toBe("");
  expect(row.how).not.toBe("");
  expect(row.proofs.length, row.requirement).toBeGreaterThan(0);
  for (const { file, title } of row.proofs) {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect([...titlesOf(file)], `${file} > ${title}`).toContain(title);
  }
  expect(filesOf(row.how).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
