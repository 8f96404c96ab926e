import { pageOf, pageQuery } from "@purlin/kit/cursor";
import { etag, expectVersion } from "@purlin/kit/etag";
import { idempotencyHeader, once } from "@purlin/kit/idempotency";
import { route, type Route } from "@purlin/kit/route";
import { z } from "zod";
import { answerList } from "../answer-list.ts";
import { callerOf } from "../caller.ts";
import { findIn, writeIn } from "../place.ts";
import type { Services } from "../services.ts";
import { findTask } from "../tasks/tasks.ts";
import { ifMatch, tagHeader } from "../versions.ts";
import { createComment, deleteComment, updateComment } from "./change-comments.ts";
import { comment, commentInput, findComment, listComments } from "./comments.ts";

const tag = "Comments";
const ofTask = z.strictObject({ organisationId: z.uuid(), taskId: z.uuid() });
const oneComment = ofTask.extend({ commentId: z.uuid() });

export function commentRoutes(services: Services): Route[] {
  return [
    route({
      method: "post",
      path: "/organisations/:organisationId/tasks/:taskId/comments",
      operationId: "createComment",
      summary: "Comment on a task",
      tag,
      access: "comment:write",
      params: ofTask,
      body: commentInput,
      requestHeaders: idempotencyHeader,
      responses: {
        201: { description: "Created.", body: comment, headers: { ...tagHeader, location: "The comment." } },
      },
      problems: ["unprocessable"],
      handle: ({ params, body, identity, ...place }) =>
        writeIn(services, place, (query) =>
          once(query, place.request, identity.subjectId, async () => {
            const created = await createComment(query, callerOf(identity, place.organisationId), params.taskId, body);
            return {
              status: 201 as const,
              headers: { etag: etag(created.version), location: `comments/${created.id}` },
              body: created,
            };
          }),
        ),
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/tasks/:taskId/comments",
      operationId: "listComments",
      summary: "List the comments on a task, oldest first",
      tag,
      access: "task:read",
      params: ofTask,
      query: z.strictObject(pageQuery),
      responses: { 200: { description: "A page.", body: pageOf(comment) } },
      handle: async ({ params: { taskId }, query: page, ...place }) =>
        answerList(services, place, { name: "comments", options: { taskId, page } }, async (query) => {
          await findTask(query, taskId);
          return listComments(query, taskId, page);
        }),
    }),
    route({
      method: "get",
      path: "/organisations/:organisationId/tasks/:taskId/comments/:commentId",
      operationId: "getComment",
      summary: "Get a comment",
      tag,
      access: "task:read",
      params: oneComment,
      responses: { 200: { description: "The comment.", body: comment, headers: tagHeader } },
      handle: async ({ params: { taskId, commentId }, ...place }) => {
        const found = await findIn(services, place, (query) => findComment(query, taskId, commentId));
        return { status: 200, headers: { etag: etag(found.version) }, body: found };
      },
    }),
    route({
      method: "patch",
      path: "/organisations/:organisationId/tasks/:taskId/comments/:commentId",
      operationId: "updateComment",
      summary: "Change a comment of one's own",
      tag,
      access: "comment:write",
      params: oneComment,
      body: commentInput,
      requestHeaders: ifMatch,
      responses: { 200: { description: "As it is now.", body: comment, headers: tagHeader } },
      problems: ["precondition_required", "precondition_failed"],
      handle: async ({ params: { taskId, commentId }, body, identity, ...place }) => {
        const expect = expectVersion(place.request);
        const caller = callerOf(identity, place.organisationId);
        const changed = await writeIn(services, place, (query) =>
          updateComment(query, caller, { taskId, id: commentId }, expect, body),
        );
        return { status: 200, headers: { etag: etag(changed.version) }, body: changed };
      },
    }),
    route({
      method: "delete",
      path: "/organisations/:organisationId/tasks/:taskId/comments/:commentId",
      operationId: "deleteComment",
      summary: "Delete a comment",
      tag,
      access: "comment:write",
      params: oneComment,
      requestHeaders: ifMatch,
      responses: { 204: { description: "It is gone." } },
      problems: ["precondition_required", "precondition_failed"],
      handle: async ({ params: { taskId, commentId }, identity, ...place }) => {
        const expect = expectVersion(place.request);
        const caller = callerOf(identity, place.organisationId);
        await writeIn(services, place, (query) => deleteComment(query, caller, { taskId, id: commentId }, expect));
        return { status: 204 };
      },
    }),
  ];
}
