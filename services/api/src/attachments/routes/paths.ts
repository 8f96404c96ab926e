import { z } from "zod";

export const tag = "Attachments";

export const taskPath = z.strictObject({ organisationId: z.uuid(), taskId: z.uuid() });

export const attachmentPath = taskPath.extend({ attachmentId: z.uuid() });
