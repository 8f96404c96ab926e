import ts from "typescript";
import { expect, test } from "vitest";
import { sources, type Source } from "./security-sources.ts";

/* No statement is made of what somebody sent (OWASP ASVS 5.0, 1.2.4). */
const statement = /\b(SELECT|INSERT INTO|UPDATE \w|DELETE FROM|SET LOCAL|ORDER BY|WHERE|JOIN)\b/;

/** Names declared once for the whole file, or in another: text of ours. */
const constantsOf = ({ nodes }: Source) =>
  new Set(
    nodes.flatMap((node) => {
      if (ts.isImportSpecifier(node)) return [node.name.text];
      const ofFile = ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent);
      return ofFile && ts.isIdentifier(node.name) ? [node.name.text] : [];
    }),
  );

/** Looked at one by one: names, numbers and words of the code, or what is checked right there. */
const lookedAt: Record<string, string[]> = {
  "services/api/src/graphql/child-pages.ts": ["columns", "table", "parent", "comparison", "direction"],
  "services/api/src/tasks/list-tasks.ts": [
    ...["by", "direction", 'searched ? headline : "NULL"', 'conditions.join(" AND ")'],
    ...["value(filter.q)", "value(page.limit + 1)"], // which give the number of a parameter
    "searched ? `CROSS JOIN websearch_to_tsquery('english', ${value(filter.q)}) AS q (query)` : \"\"",
  ],
  "services/auth/src/accounts/deletion.ts": ["table"],
  "services/auth/src/accounts/housekeeping.ts": ["table"],
  "services/auth/src/accounts/totp.ts": ["lock"],
  "services/auth/src/oidc/objects.ts": ["columns", "condition", "model", "graceSeconds", 'keep ? "NOTHING" : update'],
  "services/auth/src/oidc/rotation.ts": ["graceSeconds"],
  "services/kit/src/pool.ts": ["statement", "organisation"],
  "services/realtime/src/feed-events.ts": ["where"],
  // MindsDB takes no parameters: see the tests beside it
  "services/worker/src/forecast/statements.ts": [
    ...["MINDSDB_DATA_SOURCE", "MINDSDB_PROJECT", "names.MINDSDB_DATA_SOURCE", "names.MINDSDB_PROJECT", "model"],
    ...["literal(organisation)", "modelOf(organisation)", "Math.trunc(atMost)"],
  ],
};

test("a statement is made of the code's own words: what comes from outside is a parameter", () => {
  const built = sources.flatMap((source) => {
    const constants = constantsOf(source);
    return source.nodes.flatMap((node) => {
      if (!ts.isTemplateExpression(node) || !statement.test(node.getText())) return [];
      return node.templateSpans.flatMap(({ expression }) => {
        const text = expression.getText().replaceAll(/\s+/g, " ");
        return constants.has(text) || lookedAt[source.file]?.includes(text) ? [] : [`${source.file}: ${text}`];
      });
    });
  });
  expect([...new Set(built)]).toEqual([]);
});
