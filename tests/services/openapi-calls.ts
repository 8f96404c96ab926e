import { randomUUID } from "node:crypto";
import type { Answer, ApiDocument, Operation } from "./openapi-document.ts";

/** What a request of an operation consists of. */
export interface Call {
  params: Record<string, string>;
  query?: Record<string, string> | undefined;
  headers?: Record<string, string> | undefined;
  /** JSON. */
  body?: unknown;
  /** A body that is not JSON, or not good JSON. */
  raw?: { type: string; content: string | Uint8Array<ArrayBuffer> } | undefined;
}

/** How to call an operation. What it needs is made anew for each call, which may use it up. */
export interface Fixture {
  /** A request that succeeds. */
  call: () => Promise<Call>;
  /** Requests with an answer of their own, by status: for what no generator can know. */
  others?: Record<number, () => Promise<Call>>;
}

/** A caller's headers. */
export type Credentials = () => Promise<Record<string, string>>;

/** A service, its document, and everything its generated tests need to know. */
export interface Subject {
  url: string;
  document: ApiDocument;
  fixtures: Record<string, Fixture>;
  /** May do everything in the organisation that the fixtures are of. */
  owner: Credentials;
  /** Is a member of it and may do nothing. */
  powerless: Credentials;
}

/** @throws Error for an operation that nobody has said how to call: a new route cannot be forgotten. */
export function fixtureOf({ fixtures }: Pick<Subject, "fixtures">, { operationId }: Operation): Fixture {
  const fixture = fixtures[operationId];
  if (!fixture) throw new Error(`there is no fixture for ${operationId}: say how to call it`);
  return fixture;
}

/** Sends `call` to `operation`, with the headers of a caller. */
export async function send(url: string, operation: Operation, call: Call, caller?: Credentials): Promise<Answer> {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(call.params[name] ?? ""),
  );
  const query = new URLSearchParams(call.query).toString();
  const {
    raw = call.body === undefined ? undefined : { type: "application/json", content: JSON.stringify(call.body) },
  } = call;
  const answer = await fetch(`${url}${path}${query === "" ? "" : `?${query}`}`, {
    method: operation.method.toUpperCase(),
    headers: { ...(await caller?.()), ...(raw && { "content-type": raw.type }), ...call.headers },
    ...(raw && { body: raw.content }),
    redirect: "manual",
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Parameters of the path beside the organisation. */
export function idsOf({ parameters }: Operation): string[] {
  return parameters.flatMap(({ in: place, name }) => (place === "path" && name !== "organisationId" ? [name] : []));
}

/** A request with one parameter of the path replaced. */
export function withParam(call: Call, name: string, value: string = randomUUID()): Call {
  return { ...call, params: { ...call.params, [name]: value } };
}
