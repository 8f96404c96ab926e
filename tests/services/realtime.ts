import { io, type Socket } from "socket.io-client";
import { ownerUrl, postgresEnv } from "./databases.ts";
import type { Daemons } from "./daemons.ts";
import type { TestIssuer } from "./issuer.ts";
import { startService, type RunningService } from "./service.ts";

/** An event as a client gets it. */
interface Told {
  position: string;
  type: string;
  projectId: string | null;
  entityId: string;
  payload: { n?: number };
}

interface Ack {
  ok: boolean;
  position?: string;
  reset?: boolean;
  code?: string;
  detail?: string;
}

export function startRealtime(
  daemons: Daemons,
  issuer: TestIssuer,
  instance: string,
  env: Record<string, string> = {},
): Promise<RunningService> {
  return startService("realtime", instance, {
    ...postgresEnv(daemons, "app"),
    ...issuer.env,
    PUBLIC_URL: "https://platform.test/realtime",
    REDIS_CACHE_URL: `redis://127.0.0.1:${daemons.redis.port}`,
    REDIS_KEY_PREFIX: "realtime:",
    ...env,
  });
}

/** A client that keeps what it was told. */
export interface Listener extends Disposable {
  socket: Socket;
  events: Told[];
  /** Values of everything else the server says, by event name. */
  heard: (name: string) => unknown[];
  ask: (name: string, request: unknown) => Promise<Ack>;
}

/** Connects with `token`; rejects with the server's code when it is refused. */
export async function connect(
  service: RunningService,
  token: string | undefined,
  options: object = {},
): Promise<Listener> {
  const socket = io(service.url, {
    transports: ["websocket"],
    auth: { token },
    reconnection: false,
    forceNew: true,
    ...options,
  });
  const events: Told[] = [];
  const other: [string, unknown][] = [];
  socket.on("event", (event: Told) => events.push(event));
  socket.onAny((name: string, value: unknown) => other.push([name, value]));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", (error: Error & { data?: { code?: string } }) => {
      socket.close();
      reject(new Error(error.data?.code ?? error.message));
    });
  });
  return {
    socket,
    events,
    heard: (name) => other.flatMap(([said, value]) => (said === name ? [value] : [])),
    ask: (name, request) => socket.timeout(10_000).emitWithAck(name, request) as Promise<Ack>,
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Statements that put one event into the outbox, as `emit` of the kit does. */
export function eventSql(organisation: string, project: string | null, type: string, n: number): string {
  const where = project === null ? "NULL" : `'${project}'`;
  return `INSERT INTO platform.outbox (organisation_id, type, entity_id, project_id, payload)
    VALUES ('${organisation}', '${type}', gen_random_uuid(), ${where}, '{"n": ${n}}')`;
}

/** Environment of a migration on the shared database. */
export function migrateEnv(daemons: Daemons): Record<string, string> {
  return { POSTGRES_OWNER_URL: ownerUrl(daemons, "app") };
}
