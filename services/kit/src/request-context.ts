import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

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

/** Address of the client: the last one the gateway wrote, else the connection's. */
export function clientAddress({ headers, socket }: Pick<IncomingMessage, "headers" | "socket">): string | undefined {
  const forwarded = [headers["x-forwarded-for"]].flat().at(-1)?.split(",").at(-1)?.trim();
  return forwarded ?? socket.remoteAddress;
}
