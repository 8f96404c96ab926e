import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A way to a server on this machine that can be made slow. */
export interface SlowProxy extends AsyncDisposable {
  port: number;
  /** Milliseconds that whatever is sent takes on its way, in either direction, from now on. */
  delay: (milliseconds: number) => void;
}

/** Forwards connections to `port`; what is sent keeps its order. */
export async function startSlowProxy(port: number): Promise<SlowProxy> {
  let milliseconds = 0;
  const sockets = new Set<Socket>();
  const forward = async (from: Socket, to: Socket) => {
    try {
      for await (const chunk of from) {
        if (milliseconds > 0) await sleep(milliseconds);
        if (!to.write(chunk as Buffer)) await once(to, "drain");
      }
      to.end();
    } catch {
      to.destroy(); // one side is gone: so is the other
    }
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      void forward(socket, other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    delay: (value) => (milliseconds = value),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
