import type { z } from "zod";
import { plainSchema, type JsonSchema, schemaAt } from "./json-schema.ts";
import { type Finding, type Path, showPath } from "./problem.ts";
import { shown } from "./shown.ts";
import { noSize } from "./size.ts";
import { hint, nearest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

/** What zod refused, in our words: one finding a place, each saying what to write instead. */
export function refusals(error: z.ZodError): Finding[] {
  const schema = plainSchema();
  const found = error.issues.flatMap((issue) => explain(issue, schema));
  return [...new Map(found.map((finding) => [showPath(finding.path), finding])).values()];
}

function explain(issue: Issue, schema: JsonSchema): Finding[] {
  const path = issue.path.filter((key) => typeof key !== "symbol");
  if (issue.code === "unrecognized_keys") {
    const known = keysOf(schemaAt(schema, path));
    return issue.keys.map((key) => ({ path: [...path, key], onKey: true, message: unknownKey(key, known) }));
  }
  if (issue.code === "invalid_key") {
    const [inner] = issue.issues;
    const message =
      inner?.code === "invalid_value" ? unknownKey(String(path.at(-1)), inner.values.map(String)) : inner?.message;
    return [{ path, onKey: true, message: message ?? "not a key that can stand here" }];
  }
  return [{ path, message: refusal(issue, path, schema) }];
}

function keysOf(schema: JsonSchema | undefined): string[] {
  const { properties = {}, propertyNames } = schema ?? {};
  const named = typeof propertyNames === "object" ? propertyNames.enum : undefined;
  return named?.map(String) ?? Object.keys(properties);
}

function unknownKey(key: string, known: string[]): string {
  return `unknown key; ${hint(key, known, "keys here")}`;
}

function refusal(issue: Issue, path: Path, schema: JsonSchema): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return missing(schemaAt(schema, path));
      if (schemaAt(schema, path)?.format === "bytes") return noSize(issue.input);
      return `expected ${typeNames[issue.expected] ?? issue.expected}, not ${shown(issue.input)}${remedy(issue.expected, issue.input)}`;
    case "invalid_value":
      if (issue.input === undefined) return missing(schemaAt(schema, path));
      return wrongChoice(issue.values.map(String), issue.input);
    case "too_small":
      if (issue.origin === "string") return "must not be empty";
      return `must be at least ${issue.minimum}, not ${shown(issue.input)}`;
    case "too_big":
      return `must be at most ${issue.maximum}, not ${shown(issue.input)}`;
    default:
      return issue.message; // written by the field itself
  }
}

function missing(schema: JsonSchema | undefined): string {
  const description = schema?.description?.replace(/\.$/, "");
  return description === undefined ? "required" : `required: ${description}`;
}

function wrongChoice(values: string[], input: unknown): string {
  const allowed = values.length === 1 ? `must be ${values.join()}` : `must be one of ${values.join(", ")}`;
  const meant = typeof input === "string" && values.length > 1 ? nearest(input, values) : undefined;
  return `${allowed}, not ${shown(input)}${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

const typeNames: Partial<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a mapping",
  record: "a mapping",
};

/** The edit that would make the value the expected one, where there is an obvious one. */
function remedy(expected: string, input: unknown): string {
  const text = typeof input === "string" ? input.trim() : undefined;
  switch (expected) {
    case "string":
      return typeof input === "number" || typeof input === "boolean" ? `; put it in quotes: "${input}"` : "";
    case "number":
    case "int":
      return text !== undefined && text !== "" && Number.isFinite(Number(text)) ? "; write it without quotes" : "";
    case "array":
    case "tuple":
      return text === undefined || text === "" ? "" : `; write it as a list: [${text.split(/\s+/).join(", ")}]`;
    case "object":
    case "record":
      return input === null || input === true ? "; {} takes the defaults" : "";
    default:
      return "";
  }
}
