import { randomBytes } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { simpleParser, type AddressObject, type ParsedMail } from "mailparser";

/** A caught message in one line. */
export interface Summary {
  id: string;
  from: string;
  /** Whom it was sent to, as the envelope says: those in Bcc too. */
  to: string[];
  subject: string;
  /** ISO 8601. */
  receivedAt: string;
  /** Size as it was sent. */
  bytes: number;
}

export interface Envelope {
  from: string;
  to: string[];
}

export interface Store {
  /** Resolves once the message is on disk. */
  add: (raw: Buffer, envelope: Envelope) => Promise<void>;
  /** Newest first; with `to`, those sent to this address. */
  list: (to?: string) => Summary[];
  /** A message as it came, and read; undefined when it is not there. */
  find: (id: string) => Promise<{ summary: Summary; mail: ParsedMail } | undefined>;
}

/** The `keep` newest messages, one file each in `folder`, which is there. Those found in it are taken over. */
export async function openStore(folder: string, keep: number): Promise<Store> {
  const fileOf = (id: string) => path.join(folder, `${id}.eml`);
  const summaries = new Map<string, Summary>();
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith(".eml")) continue;
    const raw = await readFile(path.join(folder, name));
    const id = path.basename(name, ".eml");
    summaries.set(id, summaryOf(id, raw, await simpleParser(raw)));
  }

  const dropOldest = async () => {
    for (const id of [...summaries.keys()].slice(0, Math.max(0, summaries.size - keep))) {
      summaries.delete(id);
      await rm(fileOf(id), { force: true });
    }
  };
  await dropOldest();

  return {
    add: async (sent, envelope) => {
      const raw = Buffer.concat([traceOf(envelope), sent]);
      const id = `${String(Date.now()).padStart(15, "0")}-${randomBytes(4).toString("hex")}`;
      const summary = summaryOf(id, raw, await simpleParser(raw));
      await writeFile(`${fileOf(id)}.part`, raw, { mode: 0o600 });
      await rename(`${fileOf(id)}.part`, fileOf(id));
      summaries.set(id, summary);
      await dropOldest();
    },
    list: (to) => {
      const wanted = to?.toLowerCase();
      const all = [...summaries.values()].reverse();
      return wanted === undefined ? all : all.filter((one) => one.to.some((each) => each.toLowerCase() === wanted));
    },
    find: async (id) => {
      const summary = summaries.get(id);
      return summary && { summary, mail: await simpleParser(await readFile(fileOf(id))) };
    },
  };
}

/** The envelope, put before a message as the last server on its way does. RFC 5321 section 4.4. */
function traceOf({ from, to }: Envelope): Buffer {
  return Buffer.from([`Return-Path: <${from}>`, ...to.map((each) => `Delivered-To: ${each}`), ""].join("\r\n"));
}

function summaryOf(id: string, raw: Buffer, mail: ParsedMail): Summary {
  const delivered = mail.headerLines.filter(({ key }) => key === "delivered-to").map(({ line }) => line);
  return {
    id,
    from: addresses(mail.from) || "(nobody)",
    to: delivered.map((line) => line.slice(line.indexOf(":") + 1).trim()),
    subject: mail.subject ?? "",
    receivedAt: new Date(Number(id.split("-")[0])).toISOString(),
    bytes: raw.length,
  };
}

function addresses(header: AddressObject | undefined): string {
  return header?.text ?? "";
}
