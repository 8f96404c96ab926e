import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/* The services' source, for tests of what must not be in it. */
const root = join(import.meta.dirname, "../..");

export interface Source {
  file: string;
  text: string;
  nodes: ts.Node[];
}

export const sources: Source[] = globSync("services/*/src/**/*.ts", { cwd: root })
  .filter((file) => !file.endsWith(".test.ts"))
  .map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const nodes: ts.Node[] = [];
    const visit = (node: ts.Node): void => {
      nodes.push(node);
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
    return { file, text, nodes };
  });

/** Scripts that pages load. */
export const assets = globSync("services/*/assets/**/*.js", { cwd: root }).map((file) => ({
  file,
  text: readFileSync(join(root, file), "utf8"),
}));

/** Everything that matches, each with its file. */
export function findings(pattern: RegExp, among: Pick<Source, "file" | "text">[] = sources): string[] {
  return among.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(([found]) => `${file}: ${found}`));
}
