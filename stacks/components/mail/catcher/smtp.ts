import { SMTPServer, type SMTPServerDataStream } from "smtp-server";
import type { Envelope, Store } from "./store.ts";

/** Bytes of the largest message that is taken. */
const maxBytes = 2 ** 20;

interface Counters {
  taken: () => void;
  refused: () => void;
}

/** An SMTP server for this machine's own services: no TLS, no login, every recipient, nothing sent on. */
export function createSmtpServer(store: Store, { taken, refused }: Counters): SMTPServer {
  const server = new SMTPServer({
    banner: "purlin catches mail and sends none",
    size: maxBytes,
    maxClients: 50,
    closeTimeout: 1000, // senders keep connections for the next message
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    onData: (stream, { envelope }, done) => {
      const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
      const to = envelope.rcptTo.map(({ address }) => address);
      take(stream, { from, to }, store).then(
        () => {
          taken();
          done();
        },
        (error: unknown) => {
          refused();
          done(error instanceof Error ? error : new Error(String(error)));
        },
      );
    },
  });
  // A client that leaves in the middle of a word is its own affair.
  server.on("error", (error) => console.error(`smtp: ${error.message}`));
  return server;
}

async function take(stream: SMTPServerDataStream, envelope: Envelope, store: Store): Promise<void> {
  const chunks: Buffer[] = [];
  // What is too large is read to its end and not kept: a client hears an answer only once it has sent everything.
  for await (const chunk of stream) if (Buffer.isBuffer(chunk) && !stream.sizeExceeded) chunks.push(chunk);
  if (stream.sizeExceeded) throw Object.assign(new Error("the message is too large"), { responseCode: 552 });
  await store.add(Buffer.concat(chunks), envelope);
}
