import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** What is known of the request being served, wherever the code is. */
export interface RequestContext {
  requestId: string;
  /** Address of the client, as the gateway saw it. */
  address?: string | undefined;
  userAgent?: string | undefined;
  /** Who sent it, once that is proven; whatever is logged from then on says so. */
  subjectId?: string | undefined;
}

export const requestContext = new AsyncLocalStorage<RequestContext>();

const acceptable = /^[\w.-]{1,128}$/;

/** The caller's request id when it is harmless in a log line and a header, else a new one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && acceptable.test(header) ? header : randomUUID();
}
