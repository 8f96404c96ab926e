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

/** The requirements of ASVS 5.0.0 on levels 1 and 2: of each section, how many of its first numbers, in the order of sections. */
const levels1And2 = [
  [2, 9, 11, 3, 2],
  [3, 3, 4, 1],
  [0, 2, 4, 6, 5, 0, 2],
  [3, 1, 2, 4],
  [1, 3, 2, 3],
  [3, 12, 4, 4, 5, 3, 0, 4],
  [3, 4, 2, 5, 2, 2],
  [2, 3, 1, 1],
  [3, 4],
  [2, 2, 4, 11, 5, 2, 3],
  [2, 3, 3, 4, 1, 1],
  [3, 2, 4],
  [1, 5, 2, 5],
  [2, 4, 3],
  [3, 3, 7],
  [1, 5, 4, 3, 3],
  [1, 4, 2],
].flatMap((sections, chapter) =>
  sections.flatMap((count, section) =>
    Array.from({ length: count }, (_, at) => `${chapter + 1}.${section + 1}.${at + 1}`),
  ),
);

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
  return [...how.matchAll(/`([\w./-]+\.(?:ts|md|yaml|js|json))`/g)].map(([, file = ""]) => file);
}

describe("docs/security.md", () => {
  test("has the chapters of ASVS that apply, and both RFCs", () => {
    const chapters = new Set(rows.flatMap(({ id }) => /^(\d+)\.\d+\.\d+$/.exec(id)?.[1] ?? []));
    expect([...chapters].map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, at) => at + 1));
    for (const rfc of ["9700", "8725"]) {
      expect(rows.filter(({ id }) => id.startsWith(`${rfc}, `)).length, rfc).toBeGreaterThanOrEqual(10);
    }
  });

  test("says of each requirement, once, what proves it, where it is written down, or why it is not met", () => {
    const said = [...readFileSync(join(root, "docs/security.md"), "utf8").matchAll(/^\| (\d+\.\d+\.\d+) /gm)];
    const sorted = (ids: string[]) => ids.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
    expect(levels1And2).toHaveLength(253);
    expect(sorted(said.map(([, id = ""]) => id))).toEqual(sorted(levels1And2));
    const ids = rows.map(({ id }) => id);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(ids.filter((id) => !/^(\d+\.\d+\.\d+|(9700|8725), \d+(\.\d+)*)$/.test(id))).toEqual([]);
  });
});

test.each(["docs/security.md", "docs/threat-model.md"])("%s leads only to what is there", (document) => {
  const text = readFileSync(join(root, document), "utf8");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\w -]/g, ""),
  );
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
  for (const [, path = "", heading] of links) {
    if (path !== "") expect(existsSync(join(root, "docs", path)), path).toBe(true);
    else expect(headings.map((title) => title.replaceAll(" ", "-"))).toContain(heading);
  }
  expect(filesOf(text).filter((file) => file.includes("/") && !existsSync(join(root, file)))).toEqual([]);
});

test.each(rows.map((row) => [row.id, row] as const))("%s is proven by tests that are there", (_, row) => {
  expect(row.requirement).not.toBe("");
  expect(row.proofs.length, row.requirement).toBeGreaterThan(0);
  for (const { file, title } of row.proofs) {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect([...titlesOf(file)], `${file} > ${title}`).toContain(title);
  }
  expect(filesOf(row.how).filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
