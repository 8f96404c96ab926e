import { once } from "node:events";
import type { OutboundRules } from "@purlin/kit/outbound-url";
import { postOutbound, type OutboundAnswer } from "@purlin/kit/outbound-request";
import type { Database } from "@purlin/kit/postgres";
import { traceHeaders } from "@purlin/kit/telemetry";
import { openWebhookSecrets } from "@purlin/kit/webhook-secrets";
import { signWebhook } from "@purlin/kit/webhook-signature";
import { z } from "zod";
import { GiveUp, type Job, type Kind } from "../jobs/kind.ts";
import {
  disableIfHopeless,
  findWebhook,
  recordDelivered,
  recordFailure,
  recordGivenUp,
  type Webhook,
} from "../webhooks/deliveries.ts";
import { createEndpoints } from "../webhooks/endpoints.ts";

export interface WebhookSettings {
  rules: OutboundRules;
  /** Opens the secrets of webhooks. */
  key: Buffer;
  /** Milliseconds an endpoint has to answer. */
  timeout: number;
  /** Days without a success after which a webhook is disabled. */
  disableAfter: number;
}

/** Seconds until the next attempt: the schedule of Standard Webhooks, three days in all. */
const retries = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** The HTTP status of an endpoint that wants no more messages. */
const gone = 410;

const delivery = z.object({
  webhookId: z.uuid(),
  event: z.object({
    type: z.string(),
    occurredAt: z.string(),
    entityId: z.string(),
    projectId: z.string().nullable(),
    actorId: z.string().nullable(),
    payload: z.record(z.string(), z.unknown()),
  }),
});

/** An endpoint that answered, but not that it took the message. */
class Refused extends Error {
  override name = "Refused";
  readonly status: number;

  constructor(status: number) {
    super(`the endpoint answered ${status}`);
    this.status = status;
  }
}

/** Sends one event to one webhook, signed; its receiver knows a repetition by the webhook-id, the job's. */
export function webhookDeliver(db: Database, { rules, key, timeout, disableAfter }: WebhookSettings): Kind {
  const endpoints = createEndpoints();
  const send = async (job: Job, webhook: Webhook, signal: AbortSignal): Promise<OutboundAnswer> => {
    const body = messageOf(job);
    const signature = signWebhook(openWebhookSecrets(key, webhook), { id: job.id, timestamp: new Date(), body });
    const headers = { ...signature, ...traceHeaders(), "content-type": "application/json", "user-agent": "Purlin" };
    const answer = await unlessAborted(signal, postOutbound({ url: webhook.url, headers, body, timeout }, rules));
    if (answer.status < 200 || answer.status > 299) throw new Refused(answer.status);
    return answer;
  };
  return {
    name: "webhook.deliver",
    concurrency: 32,
    retries,
    timeout: timeout / 1_000 + 5,
    work: async (job, signal) => {
      const { webhookId } = delivery.parse(job.payload);
      const scope = { organisation: job.organisationId ?? undefined };
      // on the primary: a replica may not know a webhook yet that was made just before the event
      const { value: webhook } = await db.write((query) => findWebhook(query, webhookId), scope);
      if (!webhook?.enabled) {
        return async (query) => {
          await recordGivenUp(query, job.id, "the webhook is disabled");
          return undefined;
        };
      }
      const { status } = await endpoints.call(webhook.id, () => send(job, webhook, signal)).catch(permanently);
      return async (query) => {
        await recordDelivered(query, job.id, webhook.id, status);
        return undefined;
      };
    },
    failed: async (query, job, { error, dead }) => {
      const { webhookId } = delivery.parse(job.payload);
      const status = statusOf(error);
      await recordFailure(query, job.id, { error, status, dead });
      await disableIfHopeless(query, webhookId, status === gone, disableAfter);
    },
  };
}

/** The message, the same bytes for each attempt: type, time and data as Standard Webhooks has them. */
function messageOf({ payload, organisationId, eventId }: Job): string {
  const { type, occurredAt, payload: entity, entityId, projectId, actorId } = delivery.parse(payload).event;
  const data = { eventId, organisationId, projectId, entityId, actorId, entity };
  return JSON.stringify({ type, timestamp: new Date(occurredAt).toISOString(), data });
}

/** An endpoint that says that it is gone is not asked again. */
function permanently(error: unknown): never {
  throw statusOf(error) === gone ? new GiveUp("the endpoint answered that it is gone", { cause: error }) : error;
}

function statusOf(error: unknown): number | null {
  const refused = error instanceof GiveUp ? error.cause : error;
  return refused instanceof Refused ? refused.status : null;
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  try {
    const aborted = once(signal, "abort", { signal: stop.signal }).then(() => {
      throw new Error("the worker stops");
    });
    return await Promise.race([work, aborted]);
  } finally {
    stop.abort();
  }
}
