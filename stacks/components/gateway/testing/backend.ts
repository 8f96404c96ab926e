import { createServer, type IncomingMessage, type Server } from "node:http";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";

/** An instance of a service as the gateway sees it: says who it is, what it was asked, and how healthy it is. */
export interface Backend {
  name: string;
  port: number;
  /** Requests it got besides health checks, as `POST /path`. */
  asked: string[];
  /** Closes every connection at once and takes no more. */
  kill: () => Promise<void>;
}

/**
 * Answers `/healthz` with 200 and anything else with its name and the request's path. `/slow` takes a while, `/events`
 * sends one event and stays open, `/drop` closes the connection without an answer, `/headers` gives the request's own
 * headers as JSON, `/size` the bytes of its body. An upgraded connection echoes what it is sent.
 */
export async function startBackend(name: string, port = 0): Promise<Backend> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/healthz") return void response.end("ok");
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    response.setHeader("server", "secret");
    if (request.url?.endsWith("/drop")) return void request.socket.destroy();
    if (request.url?.endsWith("/events")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.write("data: first\n\n");
    }
    if (request.url?.endsWith("/headers")) return void response.end(JSON.stringify(request.headers));
    if (request.url?.endsWith("/size")) return void buffer(request).then(({ length }) => response.end(String(length)));
    const wait = request.url?.endsWith("/slow") ? 1500 : 0;
    void drained(request).then(() => setTimeout(() => response.end(`${name} ${request.url ?? ""}`), wait));
  });
  server.on("upgrade", (_request, socket) => {
    socket.on("error", () => undefined); // the gateway was stopped
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.pipe(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { name, port: portOf(server), asked, kill: () => kill(server) };
}

async function drained(request: IncomingMessage): Promise<void> {
  request.resume();
  await once(request, "end");
}

async function kill(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, "close");
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}
