import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
}

/** A client that verifies the gateway's certificate against the stack's authority alone. */
export function clientOf(url: string, caFile: string) {
  const ca = readFileSync(caFile);
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 4 });
  return {
    ca,
    ask: (path: string, { method = "GET", headers = {}, body }: Asked = {}) =>
      new Promise<Answer>((resolve, reject) => {
        const request = httpsRequest(`${url}${path}`, { agent, method, headers }, (response) => {
          const { statusCode: status = 0, headers } = response;
          text(response).then((body) => resolve({ status, headers, body }), reject);
        });
        request.on("error", reject).end(body);
      }),
    /** Status of a request over HTTP/2. */
    askHttp2: (path: string) =>
      new Promise<number>((resolve, reject) => {
        const session = connect(url, { ca });
        const stream = session.on("error", reject).request({ ":path": path });
        stream.on("error", reject).on("response", ({ ":status": status = 0 }) => {
          resolve(status);
          session.close();
          stream.resume();
        });
      }),
    close: () => agent.destroy(),
  };
}
