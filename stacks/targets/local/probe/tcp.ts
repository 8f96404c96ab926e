import { once } from "node:events";
import { connect } from "node:net";
import type { ProbeOf } from "./spec.ts";

/** Good when something accepts the connection. */
export async function probeTcp({ host, port }: ProbeOf<"tcp">, signal: AbortSignal): Promise<string> {
  const socket = connect({ host, port, signal });
  try {
    await once(socket, "connect", { signal });
    return "accepts connections";
  } finally {
    socket.destroy();
  }
}
