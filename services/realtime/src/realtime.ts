import type { Authenticator } from "@purlin/kit/identity";
import type { Logger } from "@purlin/kit/logger";
import type { Database } from "@purlin/kit/postgres";
import { problemFrom } from "@purlin/kit/problems";
import { clientAddress } from "@purlin/kit/request-context";
import type { LongLived } from "@purlin/kit/server";
import { continueTraceNow } from "@purlin/kit/telemetry";
import type { Redis } from "ioredis";
import { Server, type ServerOptions } from "socket.io";
import { followBacklog } from "./backlog.ts";
import type { RealtimeConfig } from "./config.ts";
import { serve } from "./connection.ts";
import { startFeed } from "./feed.ts";
import { createLimits } from "./limits.ts";
import type { RealtimeMetrics } from "./metrics.ts";
import { startPresence } from "./presence.ts";
import { roomsFor } from "./rooms.ts";
import type { Connection, Sockets } from "./sockets.ts";
import { createSubscriptions, shown } from "./subscriptions.ts";
import { watch } from "./watch.ts";

export interface RealtimeServices {
  config: RealtimeConfig;
  db: Database;
  /** For presence; keys get the service's prefix. */
  redis: Redis;
  adapter: ServerOptions["adapter"];
  authenticator: Authenticator;
  metrics: (connections: () => number) => RealtimeMetrics;
  logger: Logger;
}

/** The socket server, not yet attached to a port. */
export function createRealtime(services: RealtimeServices) {
  const { config, db, redis, authenticator, logger } = services;
  const io: Sockets = new Server({
    adapter: services.adapter,
    serveClient: false,
    maxHttpBufferSize: 16 * 1024, // clients ask; they send nothing large
    pingInterval: 20_000,
    pingTimeout: 20_000,
    connectTimeout: 10_000,
    allowRequest: (request, done) => done(null, isOwnPage(request.headers.origin, config.PLATFORM_URL)),
  });
  const metrics = services.metrics(() => io.of("/").sockets.size);
  const limits = createLimits(config.CONNECTIONS_PER_SUBJECT);
  const feed = startFeed(db.readPrimary, logger, (event) => {
    const rooms = roomsFor(event);
    if (rooms.length === 0) return;
    const { adapter } = io.of("/");
    const connections = new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
    if (connections.size === 0) return;
    continueTraceNow(event.traceParent, "socket emit", { "event.type": event.type }, () => {
      io.local.to(rooms).emit("event", shown(event));
    });
    metrics.told((Date.now() - event.occurredAt.getTime()) / 1000, connections.size);
  });
  const presence = startPresence(io, redis, config.SERVICE_INSTANCE, logger);
  const subscriptions = createSubscriptions(db, feed, presence);
  const watching = watch(io, { authenticator, subscriptions, metrics, logger, bufferLimit: config.BUFFER_LIMIT });

  const authenticate = ({ auth }: Pick<Connection["handshake"], "auth">) =>
    authenticator.authenticate({
      authorization:
        text(auth["token"]) && `${auth["dpop"] === undefined ? "Bearer" : "DPoP"} ${String(auth["token"])}`,
      dpop: text(auth["dpop"]),
      method: "GET",
      url: `${config.PUBLIC_URL ?? ""}/socket.io/`,
    });
  io.use((connection, next) => {
    void (async () => {
      try {
        const identity = await authenticate(connection.handshake);
        connection.data = { identity, backlog: followBacklog(connection), subscriptions: new Map() };
        next();
      } catch (error) {
        const problem = problemFrom(error);
        logger.info({ code: problem.code, address: clientAddress(connection.request) }, "a connection was refused");
        next(Object.assign(new Error(problem.message), { data: { code: problem.code } }));
      }
    })();
  });
  io.on("connection", (connection) => {
    if (!limits.connect(connection.data.identity.subjectId)) {
      connection.emit("problem", {
        code: "too_many_requests",
        detail: `you may have ${config.CONNECTIONS_PER_SUBJECT} connections at once`,
      });
      connection.disconnect(true);
      return;
    }
    connection.once("disconnect", (reason) => {
      if (!/^server /.test(reason) && reason !== "forced close") metrics.disconnected("client");
    });
    serve(connection, { authenticate, authenticator, subscriptions, limits, logger });
  });

  const connections: LongLived = {
    attach: (server) => io.attach(server),
    end: () => {
      for (const { conn } of io.of("/").sockets.values()) {
        metrics.disconnected("draining");
        conn.close(); // not a goodbye: its client connects again at once, elsewhere
      }
    },
  };
  const close = async () => {
    await watching.stop();
    await presence.stop();
    await feed.stop();
    io.engine.close();
  };
  return { io, feed, connections, close };
}

/** Pages of other origins may not connect; programs, which send none, prove themselves by their token alone. */
function isOwnPage(origin: string | undefined, platformUrl: string | undefined): boolean {
  return origin === undefined || platformUrl === undefined || origin === new URL(platformUrl).origin;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
