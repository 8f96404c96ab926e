import { emit } from "@purlin/kit/outbox";
import type { Query } from "@purlin/kit/pool";
import type { Caller } from "./caller.ts";

export interface Change {
  /** task.updated */
  type: string;
  entityId: string;
  projectId: string;
  taskId?: string;
  /** As the API shows it. */
  entity: object;
  /** By field, for an update. */
  changes?: Record<string, { from: unknown; to: unknown }>;
  /** Whether there is still a project to show it in. */
  inActivity?: boolean;
}

const insert = `
  INSERT INTO activity (organisation_id, project_id, task_id, actor_id, type, changes) VALUES ($1, $2, $3, $4, $5, $6)`;

/** Tells of a change, in the transaction it is made in: to other services, and to people in the activity feed. */
export async function recordChange(
  query: Query,
  { organisationId, actorId }: Pick<Caller, "organisationId" | "actorId">,
  { type, entityId, projectId, taskId, entity, changes = {}, inActivity = true }: Change,
): Promise<void> {
  const payload = { ...entity, ...(Object.keys(changes).length > 0 && { changes }) };
  await emit(query, { organisationId, type, entityId, projectId, actorId, payload });
  if (!inActivity) return;
  await query(insert, [organisationId, projectId, taskId ?? null, actorId, type, JSON.stringify(changes)]);
}

/** What is different after a change, of the fields that were to be changed. */
export function differences<T extends object>(
  before: T,
  after: T,
  fields: readonly (keyof T & string)[],
): NonNullable<Change["changes"]> {
  return Object.fromEntries(
    fields.flatMap((field) =>
      JSON.stringify(before[field]) === JSON.stringify(after[field])
        ? []
        : [[field, { from: before[field] ?? null, to: after[field] ?? null }]],
    ),
  );
}
