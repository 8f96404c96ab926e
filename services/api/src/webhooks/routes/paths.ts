import type { Identity } from "@purlin/kit/identity";
import { z } from "zod";
import { callerOf } from "../../caller.ts";
import type { Services } from "../../services.ts";
import type { WebhookCaller } from "../change-webhooks.ts";

export const tag = "Webhooks";

export const organisationPath = z.strictObject({ organisationId: z.uuid() });

export const webhookPath = organisationPath.extend({ webhookId: z.uuid() });

export function webhookCaller({ webhooks }: Services, identity: Identity, organisationId: string): WebhookCaller {
  return { ...callerOf(identity, organisationId), ...webhooks };
}
