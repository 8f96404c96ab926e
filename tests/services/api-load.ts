import { Agent, request } from "node:http";

/** What clients saw. A request that got no answer at all is a lost one: nothing here tries again by itself. */
export interface Seen {
  /** Ids of what was acknowledged with 201. */
  acknowledged: string[];
  statuses: Map<number, number>;
  lost: unknown[];
}

export interface LoadOptions {
  url: string;
  headers: Record<string, string>;
  /** Creates something. */
  write: { path: string; body: object };
  /** Reads something. */
  read: { path: string };
  clients: number;
  signal: AbortSignal;
  /** What is seen, as it grows. */
  seen: Seen;
}

export function nothingSeen(): Seen {
  return { acknowledged: [], statuses: new Map(), lost: [] };
}

/** Clients of which one half writes and the other reads, as fast as they are answered, until `signal`. */
export async function load({ url, headers, write, read, clients, signal, seen }: LoadOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const once = async (method: string, path: string, body?: object) => {
    try {
      const { status, text } = await send(`${url}${path}`, { agent, method, headers, body });
      if (status === 201) seen.acknowledged.push((JSON.parse(text) as { id: string }).id);
      seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
    } catch (error) {
      seen.lost.push(error);
    }
  };
  const client = async (_: unknown, index: number) => {
    while (!signal.aborted) await (index % 2 === 0 ? once("POST", write.path, write.body) : once("GET", read.path));
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
}

interface Sent {
  agent?: Agent;
  method?: string;
  headers?: Record<string, string>;
  body?: object | undefined;
}

/** One request. Unlike fetch it never sends one twice, so that a lost one is seen as one. */
export function send(
  url: string,
  { body, headers = {}, ...options }: Sent = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const all = { ...headers, ...(body && { "content-type": "application/json" }) };
    const sent = request(url, { ...options, headers: all }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text })).on("error", reject);
    });
    sent.on("error", reject).end(body && JSON.stringify(body));
  });
}
