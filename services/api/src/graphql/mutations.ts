import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import { newAttachment } from "../attachments/attachments.ts";
import { deleteAttachment } from "../attachments/delete-attachment.ts";
import { removeObjects } from "../attachments/remove-objects.ts";
import { presignUpload, requestUpload } from "../attachments/request-upload.ts";
import { settleUpload } from "../attachments/settle-upload.ts";
import { createComment, deleteComment, updateComment } from "../comments/change-comments.ts";
import { commentInput } from "../comments/comments.ts";
import { createProject, updateProject } from "../projects/change-projects.ts";
import { newProject, projectChanges } from "../projects/projects.ts";
import { createTask, deleteTask, updateTask } from "../tasks/change-tasks.ts";
import { newTask, taskChanges } from "../tasks/tasks.ts";
import { mutation } from "./resolve.ts";

/** The same business logic as REST's, by the same rules; versions are arguments instead of `if-match`. */

const organisation = z.object({ organisationId: z.uuid() });
const item = organisation.extend({ id: z.uuid() });
const versioned = item.extend({ version: z.int() });
const ofTask = organisation.extend({ taskId: z.uuid() });

const exactly = (seen: number) => (version: number) => {
  if (version !== seen) throw new Problem("precondition_failed");
};

const projectMutations = {
  createProject: mutation(
    "project:write",
    organisation.extend({ input: newProject }),
    async (caller, { organisationId, input }, context) => {
      const made = await context.write(organisationId, (query) => createProject(query, caller, input));
      return { ...made, organisationId };
    },
  ),
  updateProject: mutation(
    "project:write",
    versioned.extend({ input: projectChanges }),
    async (caller, { organisationId, id, version, input }, context) => {
      const expect = exactly(version);
      const changed = await context.write(organisationId, (query) => updateProject(query, caller, id, expect, input));
      return { ...changed, organisationId };
    },
  ),
};

const taskMutations = {
  createTask: mutation(
    "task:write",
    organisation.extend({ projectId: z.uuid(), input: newTask }),
    async (caller, { organisationId, projectId, input }, context) => {
      const made = await context.write(organisationId, (query) => createTask(query, caller, projectId, input));
      return { ...made, organisationId };
    },
  ),
  updateTask: mutation(
    "task:write",
    versioned.extend({ input: taskChanges }),
    async (caller, { organisationId, id, version, input }, context) => {
      const expect = exactly(version);
      const changed = await context.write(organisationId, (query) => updateTask(query, caller, id, expect, input));
      return { ...changed, organisationId };
    },
  ),
  deleteTask: mutation("task:write", versioned, async (caller, { organisationId, id, version }, context) => {
    await context.write(organisationId, (query) => deleteTask(query, caller, id, exactly(version)));
    return id;
  }),
};

const commentMutations = {
  createComment: mutation(
    "comment:write",
    ofTask.extend({ input: commentInput }),
    async (caller, { organisationId, taskId, input }, context) => {
      const made = await context.write(organisationId, (query) => createComment(query, caller, taskId, input));
      return { ...made, organisationId };
    },
  ),
  updateComment: mutation(
    "comment:write",
    ofTask.extend({ id: z.uuid(), version: z.int(), input: commentInput }),
    async (caller, { organisationId, version, input, ...at }, context) => {
      const expect = exactly(version);
      const changed = await context.write(organisationId, (query) => updateComment(query, caller, at, expect, input));
      return { ...changed, organisationId };
    },
  ),
  deleteComment: mutation(
    "comment:write",
    ofTask.extend({ id: z.uuid(), version: z.int() }),
    async (caller, { organisationId, version, ...at }, context) => {
      await context.write(organisationId, (query) => deleteComment(query, caller, at, exactly(version)));
      return at.id;
    },
  ),
};

const attachmentMutations = {
  createAttachment: mutation(
    "attachment:write",
    ofTask.extend({ input: newAttachment }),
    async ({ actorId }, { organisationId, taskId, input }, context) => {
      const { attachments, attachmentLimit } = context.services;
      const caller = { actorId, sizeLimit: attachmentLimit };
      const made = await context.write(organisationId, (query) => requestUpload(query, caller, taskId, input));
      const upload = await presignUpload(attachments, organisationId, made);
      return { attachment: { ...made, organisationId }, upload };
    },
  ),
  completeAttachment: mutation(
    "attachment:write",
    ofTask.extend({ id: z.uuid() }),
    async (caller, { organisationId, ...at }, context) => {
      const settled = await settleUpload(context.services, { caller, ...at });
      if (!settled) throw new Problem("conflict", { detail: "nothing was uploaded yet" });
      context.wrote(settled.lsn);
      return { ...settled.value, organisationId };
    },
  ),
  deleteAttachment: mutation(
    "attachment:write",
    ofTask.extend({ id: z.uuid() }),
    async (caller, { organisationId, taskId, id }, context) => {
      const keys = await context.write(organisationId, (query) => deleteAttachment(query, caller, taskId, id));
      await removeObjects(context.services, keys);
      return id;
    },
  ),
};

export const mutations = { ...projectMutations, ...taskMutations, ...commentMutations, ...attachmentMutations };
