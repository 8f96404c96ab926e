/*
 * Every error a client may see, after RFC 9457 (problem+json). A code is permanent: clients switch on it.
 */
export const problems = {
  invalid_request: { status: 400, title: "The request is not valid" },
  malformed_body: { status: 400, title: "The request body cannot be read" },
  unauthorized: { status: 401, title: "Sign in first" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  request_timeout: { status: 408, title: "The request took too long to arrive" },
  conflict: { status: 409, title: "It conflicts with what is already there" },
  gone: { status: 410, title: "No longer there" },
  precondition_failed: { status: 412, title: "It was changed by somebody else in the meantime" },
  body_too_large: { status: 413, title: "The request body is too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  unprocessable: { status: 422, title: "The request cannot be carried out" },
  precondition_required: { status: 428, title: "Say which version you have seen (if-match)" },
  too_many_requests: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** One wrong field: where (`body.title`, `query.limit`) and what. */
export interface FieldProblem {
  path: string;
  message: string;
}

export interface ProblemOptions {
  /** What happened this time, for the client's developer. Never an internal message. */
  detail?: string;
  errors?: FieldProblem[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An error of the table, on its way to the client. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? problems[code].title, { cause: options.cause });
    this.name = "Problem";
    this.code = code;
    this.options = options;
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** The problem+json document. */
  document(requestId: string | undefined): Record<string, unknown> {
    const { status, title } = problems[this.code];
    const { detail, errors } = this.options;
    return { type: `urn:purlin:problem:${this.code}`, title, status, code: this.code, detail, errors, requestId };
  }
}

/** Body errors of Express' parsers, by their `type`. */
const parserErrors: Record<string, ProblemCode> = {
  "entity.parse.failed": "malformed_body",
  "entity.verify.failed": "malformed_body",
  "request.size.invalid": "malformed_body",
  "request.aborted": "malformed_body",
  "entity.too.large": "body_too_large",
  "encoding.unsupported": "unsupported_media_type",
  "charset.unsupported": "unsupported_media_type",
};

/** What to tell the client about anything that was thrown. What is not in the table is `internal`, its message kept from them. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof URIError)
    return new Problem("invalid_request", { detail: "the path is not valid", cause: error });
  if (error instanceof Error) {
    const parser = "type" in error && typeof error.type === "string" ? parserErrors[error.type] : undefined;
    if (parser) return new Problem(parser, { cause: error });
    if ("status" in error && error.status === 400) return new Problem("malformed_body", { cause: error });
    if ("code" in error && typeof error.code === "string" && conflicts.has(error.code)) {
      return new Problem("conflict", { detail: "something else changed at the same moment: try again", cause: error });
    }
    if (isOutage(error)) return new Problem("unavailable", { headers: { "retry-after": "1" }, cause: error });
  }
  return new Problem("internal", { cause: error });
}

/** What Postgres says when two changes meet: unique and foreign keys, serialisation, deadlock. */
const conflicts = new Set(["23505", "23503", "40001", "40P01"]);

const outages = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EPIPE",
  "57014",
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "25006",
]);

/** Whether an error says that a dependency is away for a while, and not that the request or the code is wrong. */
export function isOutage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && (outages.has(error.code) || error.code.startsWith("08")))
    return true;
  return /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/.test(error.message);
}
