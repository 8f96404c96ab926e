import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  json: <T>() => T;
}

interface Ask {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** Milliseconds; a request that hangs is a failure, not a wait. */
  timeout?: number;
}

export interface Client {
  ask: (path: string, options?: Ask) => Promise<Reply>;
  close: () => void;
}

/** A client of the gateway that trusts only the stack's own authority. */
export function makeClient({ url, ca }: { url: string; ca: string }): Client {
  const agent = new Agent({ ca: readFileSync(ca), keepAlive: true });
  return { ask: (path, options) => ask(new URL(path, url), options, agent), close: () => agent.destroy() };
}

/** One request over plain HTTP. */
export function askPlain(url: string): Promise<Reply> {
  return ask(new URL(url));
}

function ask(
  url: URL,
  { method = "GET", headers = {}, body, timeout = 10_000 }: Ask = {},
  agent?: Agent,
): Promise<Reply> {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { method, headers, timeout, ...(agent ? { agent } : {}) }, (response) => {
      buffer(response).then((received) => {
        const reply = { status: response.statusCode ?? 0, headers: response.headers, body: received };
        resolve({ ...reply, json: <T>() => JSON.parse(received.toString()) as T });
      }, reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer from ${url.href} in ${timeout} ms`)));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
