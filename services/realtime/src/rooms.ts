import type { Permission } from "@purlin/kit/permissions";
import { feedPermissions, permissionFor, type FeedEvent, type Subscription } from "./protocol.ts";

/*
 * A room a scope and permission: an event goes to the rooms of its own permission, so that what a member may not see
 * is never sent, and taking a right away is leaving a room.
 */

/** Room of one scope for those with `permission`. */
function room({ organisationId, projectId }: Subscription, permission: Permission): string {
  return projectId === undefined
    ? `o:${organisationId}:${permission}`
    : `p:${organisationId}:${projectId}:${permission}`;
}

/** The rooms of a subscription for somebody who has `granted`. */
export function roomsOf(subscription: Subscription, granted: ReadonlySet<Permission>): string[] {
  return feedPermissions.flatMap((permission) => (granted.has(permission) ? [room(subscription, permission)] : []));
}

/** The rooms an event is told in: its organisation's and, where it has one, its project's. */
export function roomsFor({
  type,
  organisationId,
  projectId,
}: Pick<FeedEvent, "type" | "organisationId" | "projectId">): string[] {
  const permission = permissionFor(type);
  if (!permission) return [];
  return [
    room({ organisationId }, permission),
    ...(projectId === null ? [] : [room({ organisationId, projectId }, permission)]),
  ];
}

/** The room of everybody in a project, for presence and typing. */
export function presenceRoom(organisationId: string, projectId: string): string {
  return `presence:${organisationId}:${projectId}`;
}
