import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Something of somebody else's that services call: it notes what it is asked and answers as the test says. */
export interface Receiver extends AsyncDisposable {
  url: string;
  requests: { url: string; headers: Record<string, string | undefined>; body: string; at: number }[];
  /** What it does from now on. */
  answer: (how: Answer) => void;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export const ok: Answer = (response) => response.end("ok");
export const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end();
export const never: Answer = () => undefined;
/** Says that there is more to come, sends half, and hangs up. */
export const half: Answer = (response) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write("[{", () => response.destroy());
};

export async function startReceiver(): Promise<Receiver> {
  let how = ok;
  const requests: Receiver["requests"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      requests.push({ url: request.url ?? "", headers, body, at: Date.now() });
      how(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (next) => (how = next),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
