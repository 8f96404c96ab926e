import { randomBytes } from "node:crypto";
import type { Client, Reply } from "./client.ts";

export interface StoredRecord {
  id: string;
  title: string;
}

/** Creates a record through the gateway; throws unless the API acknowledges it. */
export async function createRecord(client: Client, title: string): Promise<{ record: StoredRecord; reply: Reply }> {
  const reply = await client.ask("/api/records", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ title }),
  });
  if (reply.status !== 201) throw new Error(`POST /api/records answered ${reply.status}: ${reply.body.toString()}`);
  return { record: reply.json<StoredRecord>(), reply };
}

/** Uploads a file to a record as a browser's form would. */
export function attach(client: Client, record: string, name: string, content: Buffer): Promise<Reply> {
  const boundary = `purlin${randomBytes(8).toString("hex")}`;
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  return client.ask(`/api/records/${record}/attachments`, {
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    timeout: 60_000,
  });
}

/**
 * Creates records one after the other until it is stopped, and remembers those the API acknowledged: what a kill test
 * must find again. A request that fails is what a kill test expects; it is not counted.
 */
export function startWriter(client: () => Client) {
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const work = (async () => {
    for (let n = 0; !stop.signal.aborted; n++) {
      try {
        acknowledged.push((await createRecord(client(), `write ${n}`)).record.id);
      } catch {
        // The platform is being killed under it: the client was told nothing, so nothing is promised.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    acknowledged,
    stop: async () => {
      stop.abort();
      await work;
      return acknowledged;
    },
  };
}

/** Ids the platform no longer knows; empty when nothing acknowledged was lost. */
export async function missingRecords(client: Client, ids: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const id of ids) {
    const reply = await client.ask(`/api/records/${id}`);
    if (reply.status === 404) missing.push(id);
    else if (reply.status !== 200) throw new Error(`GET /api/records/${id} answered ${reply.status}`);
  }
  return missing;
}
