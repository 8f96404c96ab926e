import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { z } from "zod";

/*
 * An OpenAPI document as tests read it: operations, and checks of what is sent and answered. Anything an answer has
 * that the document does not mention is a mistake of one of them.
 */

const schema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.object({ schema }));
const header = z.union([
  z.object({ $ref: z.string() }),
  z.object({ description: z.string(), required: z.boolean().optional() }),
]);

const operationShape = z.object({
  operationId: z.string(),
  summary: z.string().min(5),
  tags: z.array(z.string()).min(1),
  "x-permission": z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(["path", "query", "header"]), required: z.boolean(), schema }),
  ),
  requestBody: z.object({ content }).optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.object({ description: z.string().min(5), headers: z.record(z.string(), header), content: content.optional() }),
  ),
});

const documentShape = z.object({
  openapi: z.literal("3.1.1"),
  paths: z.record(z.string().startsWith("/"), z.record(z.string(), operationShape)),
  components: z.object({
    schemas: z.record(z.string(), schema),
    headers: z.record(z.string(), z.object({ required: z.boolean().optional() })),
  }),
});

export type Operation = z.output<typeof operationShape> & { method: string; path: string };

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface ApiDocument {
  operations: Operation[];
  /** What of an answer is not as documented; nothing, if all is well. */
  wrongWith: (operation: Operation, answer: Answer) => string[];
  /** Whether a JSON body is one the document allows. */
  allows: (operation: Operation, body: unknown) => boolean;
  /** Whether a parameter may have a value. */
  allowsParameter: (operation: Operation, name: string, value: string) => boolean;
  /** Examples that do not fit the schema they stand in. */
  wrongExamples: () => string[];
}

/** @throws ZodError for what is not such a document */
export function readDocument(json: unknown): ApiDocument {
  const document = documentShape.parse(json);
  const ajv = new Ajv2020({ allErrors: true, strict: false, multipleOfPrecision: 6 });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "api" });
  const compile = (...at: string[]) => ajv.compile({ $ref: `api#/${at.map(pointer).join("/")}` });
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );

  const wrongHeaders = (expected: Operation["responses"][string]["headers"], { headers }: Answer) =>
    Object.entries(expected).flatMap(([name, one]) => {
      const component = "$ref" in one ? document.components.headers[name] : one;
      if (!component) return [`the header ${name} is documented nowhere`];
      return component.required === true && !headers.has(name) ? [`the header ${name} is missing`] : [];
    });
  const wrongBody = ({ path, method, responses }: Operation, { status, headers, text }: Answer) => {
    const documented = responses[String(status)]?.content;
    const type = headers.get("content-type")?.split(";")[0];
    if (!documented) return text === "" ? [] : ["a body is not documented"];
    if (type === undefined || !documented[type]) return [`the type ${String(type)} is not documented`];
    if (!type.endsWith("json")) return [];
    const validate = compile("paths", path, method, "responses", String(status), "content", type, "schema");
    if (validate(JSON.parse(text))) return [];
    return (validate.errors ?? []).map(
      (one) => `${one.instancePath} ${one.message ?? ""} ${JSON.stringify(one.params)}`,
    );
  };

  return {
    operations,
    wrongWith: (operation, answer) => {
      const documented = operation.responses[String(answer.status)];
      if (!documented) return [`the status ${answer.status} is not documented: ${answer.text.slice(0, 500)}`];
      return [...wrongHeaders(documented.headers, answer), ...wrongBody(operation, answer)];
    },
    allows: ({ path, method }, body) =>
      compile("paths", path, method, "requestBody", "content", "application/json", "schema")(body),
    allowsParameter: ({ path, method, parameters }, name, value) => {
      const at = parameters.findIndex((one) => one.name === name);
      return compile("paths", path, method, "parameters", String(at), "schema")(value);
    },
    wrongExamples: () =>
      Object.entries(document.components.schemas).flatMap(([name, { examples }]) =>
        (Array.isArray(examples) ? examples : [])
          .filter((one) => !compile("components", "schemas", name)(one))
          .map(() => name),
      ),
  };
}

/** RFC 6901, in a URI fragment. */
function pointer(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}
