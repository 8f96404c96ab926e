import { buildASTSchema, getOperationAST, isInputObjectType, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { newAttachment } from "../../services/api/src/attachments/attachments.ts";
import { commentInput } from "../../services/api/src/comments/comments.ts";
import { costOf } from "../../services/api/src/graphql/cost.ts";
import { readTypes } from "../../services/api/src/graphql/read-types.ts";
import { writeTypes } from "../../services/api/src/graphql/write-types.ts";
import { newProject, projectChanges } from "../../services/api/src/projects/projects.ts";
import { taskFilter } from "../../services/api/src/tasks/list-tasks.ts";
import { newTask, taskChanges } from "../../services/api/src/tasks/tasks.ts";

const schema = buildASTSchema(parse(readTypes + writeTypes));

describe("inputs have the fields of the schemas that check them, no more and no fewer", () => {
  test.each<[string, Record<string, z.ZodType>]>([
    ["NewProject", newProject.shape],
    ["ProjectChanges", projectChanges.shape],
    ["NewTask", newTask.shape],
    ["TaskChanges", taskChanges.shape],
    ["CommentInput", commentInput.shape],
    ["NewAttachment", newAttachment.shape],
    ["TaskFilter", { projectId: newTask, ...taskFilter }],
  ])("%s", (name, shape) => {
    const type = schema.getType(name);
    if (!isInputObjectType(type)) throw new Error(`${name} is no input`);
    expect(Object.keys(type.getFields()).sort()).toEqual(Object.keys(shape).sort());
  });
});

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  const operation = getOperationAST(document);
  if (!operation) throw new Error("no operation");
  return costOf(schema, document, operation, variables);
}

describe("cost", () => {
  const tasks = (first: string) => `organisation(id: 1) { tasks(first: ${first}) { nodes { id title } } }`;

  test.each<[string, string, Record<string, unknown>, number]>([
    ["a field is a point, the root another", "{ me { id } }", {}, 3],
    ["a page counts as many times as it may have items", `{ ${tasks("10")} }`, {}, 1 + 1 + 1 + 10 * 3],
    ["also where a variable says how many", `query ($n: Int!) { ${tasks("$n")} }`, { n: 50 }, 1 + 1 + 1 + 50 * 3],
    ["as many as by default", "{ organisation(id: 1) { tasks { nodes { id } } } }", {}, 1 + 1 + 1 + 20 * 2],
    ["also where a variable leaves it open", `query ($n: Int! = 7) { ${tasks("$n")} }`, { n: 7 }, 1 + 1 + 1 + 7 * 3],
    ["lists without pages are taken for ten", "{ me { organisations { id } } }", {}, 1 + 1 + 1 + 10],
    [
      "pages within pages multiply",
      "{ organisation(id: 1) { projects(first: 10) { nodes { tasks(first: 10) { nodes { id } } } } } }",
      {},
      1 + 1 + 1 + 10 * (1 + 1 + 10 * 2),
    ],
    [
      "fragments count where they are spread",
      "{ me { ...F } } fragment F on Me { id organisations { ... on Organisation { name slug } } }",
      {},
      1 + 1 + 1 + 1 + 10 * 2,
    ],
    ["a mutation counts ten", `mutation { deleteTask(organisationId: 1, id: 2, version: 3) }`, {}, 10 + 1],
  ])("%s", (_, text, variables, expected) => expect(cost(text, variables)).toBe(expected));

  test("fragments spread many times over are counted once each, and quickly", () => {
    const names = Array.from({ length: 60 }, (_, n) => `F${n}`);
    const fragments = names.map(
      (name, n) => `fragment ${name} on Me { ${n === 59 ? "id" : `...F${n + 1} ...F${n + 1}`} }`,
    );
    expect(cost(`{ me { ...F0 } } ${fragments.join(" ")}`)).toBeGreaterThan(2 ** 58);
  });
});
