import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { kinds } from "./components/index.ts";

/*
 * The tree obeys its design: which part may import which, who may look at the process, and what every component's
 * folder holds. Each rule is also shown to fail on a planted violation.
 */
interface SourceFile {
  /** Relative to the package's root. */
  path: string;
  text: string;
}

const root = join(import.meta.dirname, "..");
const parts = ["cli", "stacks", "toolchain", "errors", "services", "dashboards"];
const files: SourceFile[] = globSync(`{${parts.join(",")}}/**/*.{ts,tsx}`, {
  cwd: root,
  exclude: (name) => /(^|\/)(node_modules|dist)(\/|$)/.test(name),
}).map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
const shipped = files.filter(({ path }) => !/\.test\.tsx?$|\/testing\//.test(path));

/** What a file imports: paths relative to the root for its own tree, names for packages. */
function importsOf({ path, text }: SourceFile): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g)].map(([, name = ""]) => name);
  return specifiers.map((name) => (name.startsWith(".") ? normalize(join(dirname(path), name)) : name));
}

/** A rule about imports: for the files it is for, the imports that are not allowed. */
interface ImportRule {
  name: string;
  of: RegExp;
  forbids: (imported: string, importer: string) => boolean;
  planted: SourceFile;
}

const plant = (path: string, imported: string): SourceFile => ({ path, text: `import { x } from "${imported}";` });
const isOwn = (imported: string) => parts.some((part) => imported.startsWith(`${part}/`));
const only =
  (...allowed: string[]) =>
  (imported: string) =>
    isOwn(imported) && !allowed.some((part) => imported.startsWith(`${part}/`));
const component = /^stacks\/components\/([a-z-]+)\//;

const importRules: ImportRule[] = [
  {
    name: "errors import nothing of ours",
    of: /^errors\//,
    forbids: only("errors"),
    planted: plant("errors/a.ts", "../stacks/b.ts"),
  },
  {
    name: "the tool chain imports only errors",
    of: /^toolchain\//,
    forbids: only("toolchain", "errors"),
    planted: plant("toolchain/a.ts", "../cli/b.ts"),
  },
  {
    name: "dashboards import nothing of ours",
    of: /^dashboards\//,
    forbids: only("dashboards"),
    planted: plant("dashboards/redis.ts", "../stacks/program.ts"),
  },
  {
    name: "stacks import only the tool chain, dashboards and errors",
    of: /^stacks\//,
    forbids: only("stacks", "toolchain", "dashboards", "errors"),
    planted: plant("stacks/graph/a.ts", "../../cli/b.ts"),
  },
  {
    name: "services import only the kit",
    of: /^services\//,
    forbids: (imported, importer) =>
      (isOwn(imported) && !imported.startsWith(`${importer.split("/").slice(0, 2).join("/")}/`)) ||
      /^@purlin\/(?!kit\/)/.test(imported),
    planted: plant("services/api/src/a.ts", "../../../stacks/program.ts"),
  },
  {
    name: "components never import each other",
    of: component,
    forbids: (imported, importer) => {
      const other = component.exec(imported)?.[1] ?? (imported === "stacks/components/index.ts" ? "index" : undefined);
      return other !== undefined && other !== component.exec(importer)?.[1];
    },
    planted: plant("stacks/components/redis/local.ts", "../postgres/outputs.ts"),
  },
  {
    name: "targets never import components",
    of: /^stacks\/targets\//,
    forbids: (imported) => component.test(imported),
    planted: plant("stacks/targets/local/a.ts", "../../components/redis/redis.ts"),
  },
  {
    name: "only the CLI's engine imports the Automation API",
    of: /^(?!cli\/engine\/)/,
    forbids: (imported) => imported.startsWith("@pulumi/pulumi/automation"),
    planted: plant("cli/commands/up/up.handler.ts", "@pulumi/pulumi/automation/index.js"),
  },
];

function violations({ of, forbids }: ImportRule, among: readonly SourceFile[]): string[] {
  const concerned = among.filter(({ path }) => of.test(path));
  return concerned.flatMap((file) =>
    importsOf(file)
      .filter((name) => forbids(name, file.path))
      .map((name) => `${file.path} imports ${name}`),
  );
}

describe("imports", () => {
  test.each(importRules)("$name", (rule) => {
    expect(violations(rule, [rule.planted])).toHaveLength(1);
    expect(violations(rule, shipped)).toEqual([]);
  });

  test("are found in every form", () => {
    const text = `import "./a.ts";\nimport { b } from "./b.ts";\nexport * from "./c.ts";\nconst d = await import("./d.ts");`;
    expect(importsOf({ path: "stacks/x.ts", text })).toEqual(["a", "b", "c", "d"].map((name) => `stacks/${name}.ts`));
  });
});

describe("the process", () => {
  /** Entry points: the only files that read the environment, or end the process. */
  const entries = [
    /^cli\/main\.ts$/,
    /^services\/[^/]+\/src\/(server|migrate)\.ts$/,
    /^stacks\/components\/[^/]+\/tasks\//,
    /^stacks\/targets\/local\/tasks\/run-task\.ts$/, // the main of every task's script
    /^stacks\/targets\/local\/provider\/main\.ts$/,
    /^stacks\/index\.ts$/,
  ];
  const touches = ({ text }: SourceFile) =>
    /\bprocess\.(env|exit|exitCode|argv)\b/.test(text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, ""));
  const strangers = (among: readonly SourceFile[]) =>
    among.filter((file) => touches(file) && !entries.some((entry) => entry.test(file.path))).map(({ path }) => path);

  test("is read and ended by entry points only", () => {
    expect(strangers([{ path: "stacks/a.ts", text: "const home = process.env.HOME;" }])).toEqual(["stacks/a.ts"]);
    expect(strangers(shipped)).toEqual([]);
  });
});

describe("every component", () => {
  test.each(kinds)("%s has its whole folder", (kind) => {
    const folder = join(root, "stacks/components", kind);
    const needed = ["README.md", "spec.ts", "outputs.ts", "local.ts", "kubernetes.ts", "aws.ts", `${kind}.ts`];
    expect(needed.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
    expect(globSync("**/*.test.ts", { cwd: folder })).not.toEqual([]);
  });

  test.each(kinds)("%s has a dashboard and alerts", (kind) => {
    expect(["dashboards", "dashboards/alerts"].filter((at) => !existsSync(join(root, at, `${kind}.ts`)))).toEqual([]);
  });

  test("is in the registry", () => {
    const folders = globSync("stacks/components/*/", { cwd: root }).map((path) => path.split("/")[2]);
    expect(folders.sort()).toEqual([...kinds].sort());
  });
});

describe("size", () => {
  const lengths = shipped.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));

  test("half of the files have fewer than 80 lines", () => {
    const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(80);
  });

  test("no file has more than 250, but for tables", () => {
    const tables = /^(dashboards\/|toolchain\/catalog\.ts$|errors\/catalog\.ts$)/;
    expect(lengths.filter(({ path, lines }) => lines > 250 && !tables.test(path))).toEqual([]);
  });

  test("program.ts, the page to read first, has fewer than 60", () => {
    expect(lengths.find(({ path }) => path === "stacks/program.ts")?.lines).toBeLessThan(60);
  });
});
