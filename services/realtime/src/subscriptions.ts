import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@purlin/kit/postgres";
import type { Permission } from "@purlin/kit/permissions";
import { Problem } from "@purlin/kit/problems";
import type { z } from "zod";
import type { Feed } from "./feed.ts";
import { isKept, readMissed, type ServerEvent } from "./feed-events.ts";
import { isAfter, type Position } from "./position.ts";
import type { Presence } from "./presence.ts";
import { feedPermissions, permissionFor, type FeedEvent, type subscribe, type Subscription } from "./protocol.ts";
import { presenceRoom, roomsOf } from "./rooms.ts";
import { keyOf, type Connection } from "./sockets.ts";

/** Subscriptions of one connection. */
const most = 50;
/** Events sent to one that comes back; who missed more does better to load everything anew. */
const mostMissed = 2_000;
/** Events sent at a time to one that comes back. */
const part = 50;

export interface Subscriptions {
  /**
   * Lets the connection see the scope from `after` on. What it missed is sent before anything newer.
   * @throws Problem not_found, forbidden, too_many_requests
   */
  add: (
    connection: Connection,
    request: z.output<typeof subscribe>,
  ) => Promise<{ position: Position; reset?: boolean }>;
  remove: (connection: Connection, subscription: Subscription) => void;
  /** Ends what the connection's identity may no longer see, and starts what it now may. */
  review: (connection: Connection) => void;
}

export function createSubscriptions(db: Database, feed: Feed, presence: Presence): Subscriptions {
  const demandProject = async ({ organisationId, projectId }: Subscription) => {
    if (projectId === undefined) return;
    const select = "SELECT FROM projects WHERE organisation_id = $1 AND id = $2";
    const { value } = await db.read((query) => query(select, [organisationId, projectId]), {
      organisation: organisationId,
    });
    // a project just made may not be on the replica yet
    if (value.length > 0) return;
    const { value: onPrimary } = await db.write((query) => query(select, [organisationId, projectId]), {
      organisation: organisationId,
    });
    if (onPrimary.length === 0) throw new Problem("not_found", { detail: "there is no such project" });
  };

  /**
   * Sends what the connection missed, a part at a time and no faster than it reads. Resolves when memory holds the
   * rest, with that; undefined when it is too much, or no longer kept.
   */
  const catchUp = async (connection: Connection, subscription: Subscription, after: Position) => {
    let reached = after;
    for (let sent = 0; sent <= mostMissed;) {
      const remembered = feed.since(reached);
      if (remembered && remembered.length <= part) return remembered;
      const until = feed.position();
      const events = remembered?.slice(0, part) ?? (await readPart(db, subscription, reached, until));
      if (!events) return undefined;
      sent += tell(connection, subscription, events);
      reached = events.length < part ? until : (events.at(-1)?.position ?? until);
      await untilRead(connection);
    }
    return undefined;
  };

  return {
    add: async (connection, { after, ...subscription }) => {
      const { subscriptions } = connection.data;
      demandScope(connection, subscription);
      if (!subscriptions.has(keyOf(subscription)) && subscriptions.size >= most) {
        throw new Problem("too_many_requests", { detail: `a connection may have ${most} subscriptions` });
      }
      await demandProject(subscription);
      await feed.started;
      const from = after !== undefined && isAfter(after, feed.position()) ? undefined : after;
      const rest = from === undefined ? undefined : await catchUp(connection, subscription, from);
      // From here on nothing waits: no event can come between what was missed and what is live.
      const granted = demandScope(connection, subscription);
      const position = feed.position();
      if (rest) tell(connection, subscription, rest);
      subscriptions.set(keyOf(subscription), { ...subscription, since: rest ? (from ?? position) : position });
      void connection.join(roomsOf(subscription, granted));
      if (subscription.projectId !== undefined) {
        void connection.join(presenceRoom(subscription.organisationId, subscription.projectId));
        presence.changed(subscription.organisationId, subscription.projectId);
      }
      return { position, ...(after !== undefined && !rest && { reset: true }) };
    },
    remove,
    review: (connection) => {
      const { identity, subscriptions } = connection.data;
      for (const { since, ...subscription } of subscriptions.values()) {
        const granted = identity.organisations.get(subscription.organisationId) ?? new Set();
        const rooms = new Set(roomsOf(subscription, granted));
        if (rooms.size === 0) {
          remove(connection, subscription);
          connection.emit("revoked", subscription);
          continue;
        }
        for (const room of roomsOf(subscription, everything)) {
          if (rooms.has(room)) void connection.join(room);
          else void connection.leave(room);
        }
      }
    },
  };

  function remove(connection: Connection, subscription: Subscription): void {
    const { organisationId, projectId } = subscription;
    if (!connection.data.subscriptions.delete(keyOf(subscription))) return;
    for (const room of roomsOf(subscription, everything)) void connection.leave(room);
    if (projectId === undefined) return;
    void connection.leave(presenceRoom(organisationId, projectId));
    presence.changed(organisationId, projectId);
  }
}

const everything: ReadonlySet<Permission> = new Set(feedPermissions);

/** The connection's permissions in the organisation, of which it needs one to see anything there. */
function demandScope(connection: Connection, { organisationId }: Subscription): ReadonlySet<Permission> {
  const granted = connection.data.identity.organisations.get(organisationId);
  if (!granted) throw new Problem("not_found", { detail: "there is no such organisation" });
  if (!feedPermissions.some((permission) => granted.has(permission))) {
    throw new Problem("forbidden", { detail: `this needs one of the permissions ${feedPermissions.join(", ")}` });
  }
  return granted;
}

/** Undefined when it is no longer kept. */
async function readPart(db: Database, subscription: Subscription, after: Position, until: Position) {
  if (!(await isKept(db.readPrimary, after))) return undefined;
  return readMissed(db.readPrimary, subscription, { after, until, limit: part });
}

/** Sends what of `events` the connection may see and has not had; gives how many. */
function tell(connection: Connection, subscription: Subscription, events: readonly ServerEvent[]): number {
  const granted = demandScope(connection, subscription);
  const wanted = events.filter((event) => isFor(event, subscription, granted) && !hasHad(connection, event));
  for (const event of wanted) connection.emit("event", shown(event));
  return wanted.length;
}

/** Waits while the client has much to read yet. One that stays behind is ended by the watch. */
async function untilRead(connection: Connection): Promise<void> {
  while (connection.connected && connection.data.backlog() > 64 * 1024) await sleep(5);
  if (!connection.connected) throw new Problem("gone", { detail: "the connection has ended" });
}

function isFor(event: ServerEvent, subscription: Subscription, granted: ReadonlySet<Permission>): boolean {
  const permission = permissionFor(event.type);
  return permission !== undefined && granted.has(permission) && concerns(event, subscription);
}

function concerns(event: ServerEvent, { organisationId, projectId }: Subscription): boolean {
  return event.organisationId === organisationId && (projectId === undefined || event.projectId === projectId);
}

/** Whether another subscription of the connection, which overlaps this one, has brought it the event. */
function hasHad(connection: Connection, event: ServerEvent): boolean {
  return [...connection.data.subscriptions.values()].some(
    (other) => concerns(event, other) && isAfter(event.position, other.since),
  );
}

/** What clients are told of an event. */
export function shown({ traceParent, occurredAt, ...event }: ServerEvent): FeedEvent {
  return { ...event, occurredAt: occurredAt.toISOString() };
}
