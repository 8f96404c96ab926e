import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A customer's server that takes webhooks. */
export interface Receiver extends AsyncDisposable {
  url: string;
  received: { headers: Record<string, string | undefined>; body: string }[];
}

export async function startReceiver(): Promise<Receiver> {
  const received: Receiver["received"] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: Object.fromEntries(Object.entries(request.headersDistinct).map(one)), body });
      response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const one = ([name, values]: [string, string[] | undefined]) => [name, values?.[0]] as const;
