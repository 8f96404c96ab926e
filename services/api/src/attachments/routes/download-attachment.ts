import { pipeline } from "node:stream/promises";
import { isKnown } from "@purlin/kit/etag";
import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { readIn } from "../../place.ts";
import type { Services } from "../../services.ts";
import { ifNoneMatch } from "../../versions.ts";
import { findAttachment } from "../attachments.ts";
import { downloadAs } from "../file-names.ts";
import { attachmentPath, tag } from "./paths.ts";

/**
 * GET …/content: the bytes that were checked, always as a download: what users upload never runs in the API's origin.
 * They come through the API, so that a right that is taken away is gone with the next request, and the headers are ours.
 */
export function downloadAttachment(services: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/tasks/:taskId/attachments/:attachmentId/content",
    operationId: "downloadAttachment",
    summary: "Download an attachment",
    tag,
    access: "task:read",
    params: attachmentPath,
    requestHeaders: ifNoneMatch,
    responses: {
      200: {
        description: "The content, as a download.",
        contentType: "application/octet-stream",
        headers: { "content-disposition": "The name it is kept as.", etag: "sha256 of the content." },
      },
      304: { description: "It is what `if-none-match` names." },
    },
    problems: ["conflict"],
    handle: async ({ params: { taskId, attachmentId }, ...place }) => {
      const { request, response } = place;
      const found = await readIn(services, place, (query) => findAttachment(query, taskId, attachmentId));
      const { state, sha256, name, size } = found.attachment;
      if (state !== "checked" || found.objectKey === null) {
        throw new Problem("conflict", { detail: `it is ${state}: only what was checked can be downloaded` });
      }
      const etag = `"${sha256 ?? ""}"`;
      if (isKnown(request, etag)) return { status: 304, headers: { etag } };
      const object = await services.attachments.get(found.objectKey);
      if (!object) throw new Problem("not_found", { detail: "there is no such attachment" }); // deleted in between
      response.writeHead(200, {
        "content-type": "application/octet-stream", // nothing a browser would show, whatever it was announced as
        "content-length": String(size),
        "content-disposition": downloadAs(name),
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        etag,
      });
      await pipeline(object.body, response);
      return undefined;
    },
  });
}
