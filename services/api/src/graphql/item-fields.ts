import type { ActivityRow } from "../activity/activity.ts";
import type { AttachmentRow } from "../attachments/attachments.ts";
import type { CommentRow } from "../comments/comments.ts";
import type { ProjectRow } from "../projects/projects.ts";
import type { TaskRow } from "../tasks/tasks.ts";
import type { ChildListName } from "./child-pages.ts";
import type { GraphqlContext } from "./context.ts";
import { connection, field, noArgs, pageArgs, pageRequest, type In } from "./resolve.ts";

/** Fields of projects, tasks and what is around them, beyond those that are columns. */

interface Person {
  id: string;
  organisationId: string;
}

/** A page of what belongs to the parent, for who may read tasks. */
const children = (name: ChildListName) =>
  field("task:read", pageArgs, async ({ organisationId, id }: In<{ id: string }>, args, context) => {
    const page = pageRequest(args);
    return connection(organisationId, await context.loaders(organisationId).children(name, id, page), page);
  });

const person =
  <P extends In<object>>(idOf: (parent: P) => string | null) =>
  (parent: P): Person | null => {
    const id = idOf(parent);
    return id === null ? null : { id, organisationId: parent.organisationId };
  };

export const projectFields = {
  createdBy: person(({ createdBy }: In<ProjectRow>) => createdBy),
  tasks: children("projectTasks"),
  activity: children("projectActivity"),
};

export const taskFields = {
  assignee: person(({ assigneeId }: In<TaskRow>) => assigneeId),
  createdBy: person(({ createdBy }: In<TaskRow>) => createdBy),
  project: field("project:read", noArgs, async ({ organisationId, projectId }: In<TaskRow>, _args, context) => {
    const found = await context.loaders(organisationId).project(projectId);
    return found && { ...found, organisationId };
  }),
  comments: children("taskComments"),
  attachments: field("task:read", noArgs, async ({ organisationId, id }: In<TaskRow>, _args, context) => {
    const found = await context.loaders(organisationId).attachments(id);
    return found.map((one): In<AttachmentRow> => ({ ...one, organisationId }));
  }),
  activity: children("taskActivity"),
};

export const commentFields = { author: person(({ authorId }: In<CommentRow>) => authorId) };

export const attachmentFields = {
  uploadedBy: person(({ uploadedBy }: In<AttachmentRow>) => uploadedBy),
  contentPath: ({ organisationId, taskId, id, state }: In<AttachmentRow>) =>
    state === "checked" ? `/organisations/${organisationId}/tasks/${taskId}/attachments/${id}/content` : null,
};

export const activityFields = {
  actor: person(({ actorId }: In<ActivityRow>) => actorId),
  task: field("task:read", noArgs, async ({ organisationId, taskId }: In<ActivityRow>, _args, context) => {
    const found = taskId === null ? undefined : await context.loaders(organisationId).task(taskId);
    return found && { ...found, organisationId };
  }),
};

export const personFields = {
  name: ({ organisationId, id }: Person, _args: unknown, { identity, loaders }: GraphqlContext) =>
    identity.organisations.get(organisationId)?.has("member:read") ? loaders(organisationId).personName(id) : null,
};
