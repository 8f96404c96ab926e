import type { Route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { completeAttachment } from "./complete-attachment.ts";
import { createAttachment } from "./create-attachment.ts";
import { deleteAttachment } from "./delete-attachment.ts";
import { downloadAttachment } from "./download-attachment.ts";
import { getAttachment } from "./get-attachment.ts";
import { listAttachments } from "./list-attachments.ts";

export function attachmentRoutes(services: Services): Route[] {
  return [
    createAttachment(services),
    listAttachments(services),
    getAttachment(services),
    completeAttachment(services),
    downloadAttachment(services),
    deleteAttachment(services),
  ];
}
