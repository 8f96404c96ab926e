import type { Connection } from "./sockets.ts";

/**
 * Follows how many bytes wait for a client that does not read them: made into packets and not yet taken by its
 * connection. Gives the figure when it is asked.
 */
export function followBacklog({ conn }: Connection): () => number {
  let waiting = 0;
  let handedOver = 0;
  const follow = (transport: typeof conn.transport) => {
    transport.on("drain", () => {
      waiting -= handedOver; // what was handed over has left; before "ready", when more is
      handedOver = 0;
    });
  };
  conn.on("packetCreate", ({ data }: { data?: unknown }) => {
    waiting += sizeOf(data);
  });
  conn.on("flush", () => {
    handedOver = waiting;
  });
  conn.on("upgrade", follow);
  follow(conn.transport);
  return () => waiting;
}

function sizeOf(data: unknown): number {
  return typeof data === "string" || Buffer.isBuffer(data) ? data.length : 0;
}
