import type { Identity } from "@purlin/kit/identity";
import type { Server, Socket } from "socket.io";
import type { Position } from "./position.ts";
import type { ClientToServer, ServerToClient, Subscription } from "./protocol.ts";

/** What one instance tells the others. */
interface Between {
  presenceChanged: (organisationId: string, projectId: string) => void;
}

/** What is known of a connection. A subscription has brought it everything that came after `since`. */
interface Connected {
  identity: Identity;
  /** Bytes that wait for the client to read them. */
  backlog: () => number;
  /** By `keyOf`. */
  subscriptions: Map<string, Subscription & { since: Position }>;
}

export type Sockets = Server<ClientToServer, ServerToClient, Between, Connected>;
export type Connection = Socket<ClientToServer, ServerToClient, Between, Connected>;

export function keyOf({ organisationId, projectId }: Subscription): string {
  return `${organisationId}/${projectId ?? ""}`;
}
