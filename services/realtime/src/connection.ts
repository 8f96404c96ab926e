import type { Authenticator, Identity } from "@purlin/kit/identity";
import type { Logger } from "@purlin/kit/logger";
import { problemFrom, Problem } from "@purlin/kit/problems";
import type { z } from "zod";
import type { Limits } from "./limits.ts";
import { renew, subscribe, typing, unsubscribe, type Ack } from "./protocol.ts";
import { presenceRoom } from "./rooms.ts";
import { keyOf, type Connection } from "./sockets.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface ConnectionServices {
  authenticate: (handshake: Pick<Connection["handshake"], "auth">) => Promise<Identity>;
  authenticator: Authenticator;
  subscriptions: Subscriptions;
  limits: Limits;
  logger: Logger;
}

/** What a client may ask over its connection. Anything else it sends is not listened to. */
export function serve(connection: Connection, services: ConnectionServices): void {
  const { authenticate, subscriptions, limits, logger } = services;
  const on = <S extends z.ZodType>(schema: S, handle: (request: z.output<S>) => Promise<object> | object) => {
    return async (request: unknown, answer?: unknown) => {
      const ack = await tryTo(async () => {
        await limits.message(connection.id);
        const parsed = schema.safeParse(request);
        if (!parsed.success) throw new Problem("invalid_request", { detail: explain(parsed.error) });
        return handle(parsed.data);
      }, logger);
      if (typeof answer === "function") (answer as (ack: Ack) => void)(ack);
    };
  };
  connection.on(
    "subscribe",
    on(subscribe, (request) => subscriptions.add(connection, request)),
  );
  connection.on(
    "unsubscribe",
    on(unsubscribe, (request) => {
      subscriptions.remove(connection, request);
      return {};
    }),
  );
  connection.on(
    "renew",
    on(renew, async ({ token }) => {
      const identity = await authenticate({ auth: { token } });
      if (identity.subjectId !== connection.data.identity.subjectId) {
        throw new Problem("forbidden", { detail: "the token is somebody else's" });
      }
      connection.data.identity = identity;
      subscriptions.review(connection);
      return {};
    }),
  );
  connection.on(
    "typing",
    on(typing, (request) => {
      const { organisationId, projectId, taskId } = request;
      if (!connection.data.subscriptions.has(keyOf({ organisationId, projectId }))) {
        throw new Problem("forbidden", { detail: "subscribe to the project first" });
      }
      const { subjectId } = connection.data.identity;
      connection.volatile.to(presenceRoom(organisationId, projectId)).emit("typing", { projectId, taskId, subjectId });
      return {};
    }),
  );
  connection.on("disconnect", () => {
    for (const subscription of [...connection.data.subscriptions.values()]) {
      subscriptions.remove(connection, {
        organisationId: subscription.organisationId,
        projectId: subscription.projectId,
      });
    }
    limits.forget(connection);
  });
}

async function tryTo(work: () => Promise<object>, logger: Logger): Promise<Ack> {
  try {
    return { ok: true, ...(await work()) };
  } catch (error) {
    const problem = problemFrom(error);
    if (problem.status >= 500) logger.error({ err: problem.cause ?? problem }, "a message failed");
    return { ok: false, code: problem.code, detail: problem.message };
  }
}

function explain(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")).join("; ");
}
