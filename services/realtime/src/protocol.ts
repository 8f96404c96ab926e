import type { Permission } from "@purlin/kit/permissions";
import type { ProblemCode } from "@purlin/kit/problems";
import { z } from "zod";

/*
 * What is said over a socket. A client connects with `auth: { token }`, subscribes to an organisation or a project,
 * and then gets every change it may see, in the order of commit. It remembers the `position` of the last one; after a
 * drop it subscribes again `after` that, and gets what it missed before anything newer.
 */

const position = z.string().regex(/^(0|[1-9]\d{0,17})$/, "is not a position of the feed");

export const subscribe = z.strictObject({
  organisationId: z.uuid(),
  /** Absent: everything in the organisation. */
  projectId: z.uuid().optional(),
  /** Position of the last event the client has; absent: from now on. */
  after: position.optional(),
});

export const unsubscribe = subscribe.pick({ organisationId: true, projectId: true });

export const typing = z.strictObject({ organisationId: z.uuid(), projectId: z.uuid(), taskId: z.uuid() });

export const renew = z.strictObject({ token: z.string().min(1).max(8192) });

export type Subscription = z.output<typeof unsubscribe>;

/** One change, as everybody who may see it is told. */
export interface FeedEvent {
  position: string;
  type: string;
  organisationId: string;
  projectId: string | null;
  entityId: string;
  actorId: string | null;
  payload: unknown;
  occurredAt: string;
}

/** Answer to what a client asks. */
export type Ack = { ok: true; position?: string; reset?: boolean } | { ok: false; code: ProblemCode; detail: string };

type Answer = (answer: Ack) => void;

export interface ClientToServer {
  subscribe: (request: unknown, answer?: Answer) => void;
  unsubscribe: (request: unknown, answer?: Answer) => void;
  /** A fresh access token, before the one the socket was opened with expires. */
  renew: (request: unknown, answer?: Answer) => void;
  typing: (request: unknown) => void;
}

export interface ServerToClient {
  event: (event: FeedEvent) => void;
  /** Subjects with an open connection to the project, whenever that changes. */
  presence: (present: { projectId: string; subjectIds: string[] }) => void;
  typing: (who: { projectId: string; taskId: string; subjectId: string }) => void;
  /** A subscription ended because the right to it did. */
  revoked: (subscription: Subscription) => void;
  /** Said before the server ends the connection. */
  problem: (problem: { code: ProblemCode; detail: string }) => void;
}

/** The permission that an event needs, by its noun. What is not here is for servers only. */
const needed: Record<string, Permission> = {
  organisation: "organisation:read",
  member: "member:read",
  project: "project:read",
  task: "task:read",
  comment: "task:read",
  attachment: "task:read",
  forecast: "forecast:read",
  import: "data:import",
};

/** Every permission that lets one see some event. */
export const feedPermissions: readonly Permission[] = [...new Set(Object.values(needed))];

/** The permission to see events of `type` (task.updated); undefined for those that are never shown. */
export function permissionFor(type: string): Permission | undefined {
  return needed[type.split(".", 1)[0] ?? ""];
}
