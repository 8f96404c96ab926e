import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { setDefaultHeaders } from "./default-headers.ts";
import type { Logger } from "./logger.ts";
import type { Readiness } from "./readiness.ts";

export interface RunOptions {
  logger: Logger;
  readiness: Readiness;
  host: string;
  internal: { server: Server; port: number };
  /** Absent for a worker. */
  http?: { app: RequestListener; port: number; connections?: LongLived | undefined } | undefined;
  /** Lets go of pools and connections, in this order, once no request is left. */
  close: { name: string; run: () => Promise<void> | void }[];
  /** Seconds from the signal to the supervisor's SIGKILL; everything below fits in it. */
  stopTimeout: number;
  /** Seconds the gateway may take to see that this instance is draining. */
  noticeTime?: number;
}

/** Connections that stay open on the HTTP port, WebSockets for one. */
export interface LongLived {
  attach: (server: Server) => void;
  /** Ends those that are open, so that their clients connect to another instance; called once the gateway knows. */
  end: () => Promise<void> | void;
}

/**
 * Serves until SIGTERM or SIGINT, then stops in phases, each with a deadline:
 * say so (`/healthz` and `/readyz` fail, answers close their connections) -> stop accepting -> let requests finish -> close pools.
 * Resolves with the exit code: 0, or 1 after an error nobody caught or a request that had to be cut off.
 */
export async function runUntilStopped(options: RunOptions): Promise<number> {
  const { logger, readiness, host, internal, http, stopTimeout, noticeTime = 1.5 } = options;
  const stopped = stopRequest(logger);
  const server = http ? createHttpServer(http.app, readiness) : undefined;
  const visits = server && rememberVisits(server);
  if (server) http?.connections?.attach(server);
  server?.prependListener("request", (_request, response) => setDefaultHeaders(response)); // first, also of what was attached
  try {
    await listen(internal.server, internal.port, host);
    if (server && http) await listen(server, http.port, host);
  } catch (error) {
    logger.fatal({ err: error }, "cannot listen");
    return 1;
  }
  logger.info({ port: http?.port, internalPort: internal.port }, "listening");

  const { code, signal } = await stopped;
  const started = performance.now();
  const left = () => Math.max(0, stopTimeout * 0.9 * 1000 - (performance.now() - started));
  readiness.drain();
  let drained = true;
  if (server) {
    logger.info({ signal }, "draining");
    if (code === 0 && (await visits?.within(noticeTime * 1000))) await sleep(Math.min(noticeTime * 1000, left() / 2));
    await http?.connections?.end();
    drained = await finishRequests(server, left() * 0.8);
    if (!drained) logger.error("requests were cut off: they took longer than the stop timeout");
  }
  for (const { name, run } of options.close) await closeOne(name, run, left(), logger);
  internal.server.close();
  internal.server.closeAllConnections();
  logger.info({ seconds: Math.round(performance.now() - started) / 1000 }, "stopped");
  return drained ? code : 1;
}

interface StopRequest {
  code: number;
  signal: string;
}

function stopRequest(logger: Logger): Promise<StopRequest> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve({ code: 0, signal }));
    const fatal = (error: unknown) => {
      logger.fatal({ err: error }, "uncaught error");
      resolve({ code: 1, signal: "uncaught error" });
    };
    process.on("uncaughtException", fatal);
    process.on("unhandledRejection", fatal);
  });
}

function createHttpServer(app: RequestListener, readiness: Readiness): Server {
  // A client that sends its headers a byte at a time is looked for every 5 s, instead of Node's 30.
  const server = createServer({ connectionsCheckingInterval: 5_000 }, (request, response) => {
    if (readiness.draining()) response.setHeader("connection", "close");
    app(request, response);
  });
  // Longer than the gateway keeps an idle connection (90 s): the side that sends must be the one that closes.
  server.keepAliveTimeout = 95_000;
  server.headersTimeout = 20_000;
  server.requestTimeout = 300_000;
  return server;
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, "listening");
}

/**
 * Whether somebody may not have heard yet that this instance stops: who holds a connection, or has lately made one. That
 * the last connection closes proves nothing: draining answers close theirs, and whoever sent them connects again.
 */
function rememberVisits(server: Server) {
  let latest = -Infinity;
  server.on("connection", () => (latest = performance.now()));
  return {
    within: async (milliseconds: number) =>
      performance.now() - latest < milliseconds || (await connections(server)) > 0,
  };
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)));
}

/** True when every request got its answer in time; those that did not are cut off. */
async function finishRequests(server: Server, milliseconds: number): Promise<boolean> {
  const closed = new Promise<true>((resolve) => server.close(() => resolve(true)));
  server.closeIdleConnections();
  const deadline = new AbortController();
  const late = sleep(milliseconds, false, { signal: deadline.signal }).catch(() => false);
  const drained = await Promise.race([closed, late]);
  deadline.abort();
  if (!drained) server.closeAllConnections();
  return drained;
}

async function closeOne(
  name: string,
  run: () => Promise<void> | void,
  milliseconds: number,
  logger: Logger,
): Promise<void> {
  const deadline = new AbortController();
  const closed = async () => {
    try {
      await run();
    } catch (error) {
      logger.warn({ name, err: error }, "did not close cleanly");
    }
    return true;
  };
  const late = sleep(milliseconds, false, { signal: deadline.signal }).catch(() => false);
  if (!(await Promise.race([closed(), late]))) logger.warn({ name }, "did not close in time");
  deadline.abort();
}
