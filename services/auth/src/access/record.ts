import { audit } from "@purlin/kit/audit";
import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import type { Actor } from "./actor.ts";

/** A change in an organisation. */
export interface Change {
  /** `<noun>.<past participle>`, for readers of events and of the audit log alike. */
  type: string;
  /** The uuid of what changed; what has none is a part of its organisation. */
  entityId: string;
  /** What it is called in the audit log, where that is not the uuid. */
  name?: string;
  /** As the API shows it; no secrets. */
  payload: Record<string, unknown>;
  /** For the audit log alone. */
  details?: Record<string, unknown>;
}

/** Tells others of a change and writes it down, in the transaction it is made in. */
export async function record(query: Query, actor: Pick<Actor, "subjectId" | "organisationId">, change: Change) {
  const { organisationId, subjectId: actorId } = actor;
  const { type, entityId, payload } = change;
  await emit(query, { organisationId, type, entityId, actorId, payload });
  await audit(query, {
    organisationId,
    actorId,
    action: type,
    targetType: type.slice(0, type.indexOf(".")),
    targetId: change.name ?? entityId,
    details: change.details ?? {},
  });
}
