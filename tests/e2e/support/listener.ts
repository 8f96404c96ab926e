import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

/** What a listener was told of one change. */
interface Told {
  position: string;
  type: string;
  entityId: string;
}

/** A client of realtime that keeps what it was told and, whenever it has to connect again, goes on where it was. */
export interface Listener extends Disposable {
  told: Told[];
  /** Times it connected. */
  connections: () => number;
  /** What went wrong: refused, or told to load everything anew. */
  troubles: string[];
}

export interface ListenerOptions {
  gateway: { url: string; ca: string };
  token: string;
  organisationId: string;
}

/** Connects as the README of realtime shows, and resolves once it hears everything of the organisation. */
export async function listen({ gateway, token, organisationId }: ListenerOptions): Promise<Listener> {
  const socket = io(gateway.url, {
    path: "/realtime/socket.io/",
    transports: ["websocket"],
    auth: { token },
    ca: readFileSync(gateway.ca, "utf8"),
    reconnectionDelay: 50,
    forceNew: true,
  });
  const told: Told[] = [];
  const troubles: string[] = [];
  let connections = 0;
  let position: string | undefined;
  const subscribe = async () => {
    connections += 1;
    const request = { organisationId, after: position };
    const answer = (await socket.timeout(10_000).emitWithAck("subscribe", request)) as {
      ok: boolean;
      reset?: boolean;
      position?: string;
    };
    if (!answer.ok || answer.reset) troubles.push(`subscribe: ${JSON.stringify(answer)}`);
    position ??= answer.position;
  };
  socket.on("event", (event: Told) => {
    position = event.position;
    told.push(event);
  });
  socket.on("connect_error", (error) => troubles.push(`connect: ${error.message}`));
  await new Promise<void>((resolve) => {
    socket.on("connect", () => {
      subscribe().then(resolve, (error: unknown) => troubles.push(`subscribe: ${String(error)}`));
    });
  });
  return { told, troubles, connections: () => connections, [Symbol.dispose]: () => void socket.close() };
}
