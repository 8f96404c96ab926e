import { z } from "zod";

export const organisationPath = z.strictObject({ organisationId: z.uuid() });

export const jobPath = organisationPath.extend({ jobId: z.uuid() });
