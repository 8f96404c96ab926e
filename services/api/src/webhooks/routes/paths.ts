import { z } from "zod";

export const tag = "Webhooks";

export const organisationPath = z.strictObject({ organisationId: z.uuid() });

export const webhookPath = organisationPath.extend({ webhookId: z.uuid() });

export const ifMatch = { "if-match": "The `etag` of the version you have seen." };
