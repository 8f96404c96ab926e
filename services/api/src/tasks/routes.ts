import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { etag, expectVersion, isKnown } from "@purlin/kit/etag";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { z } from "zod";
import { answerList } from "../answer-list.ts";
import { callerOf } from "../caller.ts";
import { findIn, writeIn } from "../place.ts";
import { findProject } from "../projects/projects.ts";
import type { Services } from "../services.ts";
import { fieldsQuery, maybeSparse, pickFields, readFields } from "../sparse.ts";
import { ifMatch, ifNoneMatch, tagHeader } from "../versions.ts";
import { createTask, deleteTask, updateTask } from "./change-tasks.ts";
import { listedTask, listTasks as list, taskFilter } from "./list-tasks.ts";
import { findTask, newTask, task, taskChanges } from "./tasks.ts";

const tag = "Tasks";
const inOrganisation = z.strictObject({ organisationId: z.uuid() });
const inProject = inOrganisation.extend({ projectId: z.uuid() });
const oneTask = inOrganisation.extend({ taskId: z.uuid() });

export function taskRoutes(services: Services): Route[] {
  return [
    createTaskRoute(services),
    listTasksRoute(services),
    listProjectTasksRoute(services),
    getTaskRoute(services),
    updateTaskRoute(services),
    deleteTaskRoute(services),
  ];
}

function createTaskRoute(services: Services) {
  return route({
    method: "post",
    path: "/organisations/:organisationId/projects/:projectId/tasks",
    operationId: "createTask",
    summary: "Create a task",
    tag,
    access: "task:write",
    params: inProject,
    body: newTask,
    requestHeaders: idempotencyHeader,
    responses: { 201: { description: "Created.", body: task, headers: { ...tagHeader, location: "The task." } } },
    problems: ["conflict", "unprocessable"],
    handle: ({ params, body, identity, ...place }) =>
      writeIn(services, place, (query) =>
        once(query, place.request, identity.subjectId, async () => {
          const created = await createTask(query, callerOf(identity, place.organisationId), params.projectId, body);
          const headers = { etag: etag(created.version), location: `../../tasks/${created.id}` };
          return { status: 201 as const, headers, body: created };
        }),
      ),
  });
}

const listQuery = z.strictObject({ ...pageQuery, ...taskFilter, fields: fieldsQuery });

function listTasksRoute(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks",
    operationId: "listTasks",
    summary: "List or search the tasks of all projects",
    tag,
    access: "task:read",
    params: inOrganisation,
    query: listQuery,
    responses: { 200: { description: "A page.", body: pageOf(maybeSparse(listedTask)) } },
    handle: async ({ query: { limit, cursor, fields, ...filter }, ...place }) => {
      const wanted = readFields(listedTask, fields);
      const options = { limit, cursor, fields, filter };
      return answerList(services, place, { name: "tasks", options }, async (query) => {
        const { items, next } = await list(query, filter, { limit, cursor });
        return { items: items.map((item) => pickFields(item, wanted)), next };
      });
    },
  });
}

function listProjectTasksRoute(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/projects/:projectId/tasks",
    operationId: "listProjectTasks",
    summary: "List or search the tasks of a project",
    tag,
    access: "task:read",
    params: inProject,
    query: listQuery,
    responses: { 200: { description: "A page.", body: pageOf(maybeSparse(listedTask)) } },
    handle: async ({ params: { projectId }, query: { limit, cursor, fields, ...filter }, ...place }) => {
      const wanted = readFields(listedTask, fields);
      const options = { projectId, limit, cursor, fields, filter };
      return answerList(services, place, { name: "tasks", options }, async (query) => {
        await findProject(query, projectId);
        const { items, next } = await list(query, { ...filter, projectId }, { limit, cursor });
        return { items: items.map((item) => pickFields(item, wanted)), next };
      });
    },
  });
}

function getTaskRoute(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks/:taskId",
    operationId: "getTask",
    summary: "Get a task",
    tag,
    access: "task:read",
    params: oneTask,
    query: z.strictObject({ fields: fieldsQuery }),
    requestHeaders: ifNoneMatch,
    responses: {
      200: { description: "The task.", body: maybeSparse(task), headers: tagHeader },
      304: { description: "It is as `if-none-match` says.", headers: tagHeader },
    },
    handle: async ({ params, query: { fields }, ...place }) => {
      const wanted = readFields(task, fields);
      const found = await findIn(services, place, (query) => findTask(query, params.taskId));
      const headers = { etag: etag(found.version) };
      if (isKnown(place.request, headers.etag)) return { status: 304, headers };
      return { status: 200, headers, body: pickFields(found, wanted) };
    },
  });
}

function updateTaskRoute(services: Services) {
  return route({
    method: "patch",
    path: "/organisations/:organisationId/tasks/:taskId",
    operationId: "updateTask",
    summary: "Change a task",
    tag,
    access: "task:write",
    params: oneTask,
    body: taskChanges,
    requestHeaders: ifMatch,
    responses: { 200: { description: "As it is now.", body: task, headers: tagHeader } },
    problems: ["precondition_required", "precondition_failed"],
    handle: async ({ params, body, identity, ...place }) => {
      const expect = expectVersion(place.request);
      const caller = callerOf(identity, place.organisationId);
      const changed = await writeIn(services, place, (query) => updateTask(query, caller, params.taskId, expect, body));
      return { status: 200, headers: { etag: etag(changed.version) }, body: changed };
    },
  });
}

function deleteTaskRoute(services: Services) {
  return route({
    method: "delete",
    path: "/organisations/:organisationId/tasks/:taskId",
    operationId: "deleteTask",
    summary: "Delete a task with its comments and attachments",
    tag,
    access: "task:write",
    params: oneTask,
    requestHeaders: ifMatch,
    responses: { 204: { description: "It is gone." } },
    problems: ["precondition_required", "precondition_failed"],
    handle: async ({ params, identity, ...place }) => {
      const expect = expectVersion(place.request);
      const caller = callerOf(identity, place.organisationId);
      await writeIn(services, place, (query) => deleteTask(query, caller, params.taskId, expect));
      return { status: 204 };
    },
  });
}
