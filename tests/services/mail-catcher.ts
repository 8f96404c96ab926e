import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";
import { emailKey } from "../../services/auth/src/accounts/email.ts";
import { eventually } from "./daemons.ts";

/** A mail that was sent, as its reader sees it. */
interface CaughtMail {
  to: string;
  id: string;
  subject: string;
  text: string;
  html: string;
  /** The first link of this service in it. */
  link: (path: string) => string;
}

/** An SMTP server that keeps what it is given. It can be taken away and brought back on the same port. */
export interface MailCatcher extends AsyncDisposable {
  url: string;
  mails: CaughtMail[];
  /** Waits for a mail to `address` whose subject matches, the latest one of several; not one of the first `after`. */
  next: (address: string, subject: RegExp, after?: number) => Promise<CaughtMail>;
  stop: () => Promise<void>;
  start: () => Promise<void>;
  /** What SMTP answers from now on instead of taking a mail; undefined: it takes them. */
  refuse: (response: { code: number } | undefined) => void;
  /** Milliseconds it takes, from now on, to say that it has a mail. */
  delay: (milliseconds: number) => void;
}

export async function startMailCatcher(): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  let port = 0;
  let server: SMTPServer | undefined;
  let refusal: { code: number } | undefined;
  let milliseconds = 0;
  const start = async () => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      closeTimeout: 100,
      onData: (stream, _session, done) => {
        simpleParser(stream).then(
          (mail) => {
            if (refusal) {
              done(Object.assign(new Error("refused"), { responseCode: refusal.code }));
              return;
            }
            mails.push(read(mail));
            setTimeout(done, milliseconds);
          },
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        );
      },
    });
    server.on("error", () => undefined); // a client that goes away in between
    server.listen(port, "127.0.0.1");
    await once(server.server, "listening");
    port = (server.server.address() as AddressInfo).port;
  };
  const stop = async () => {
    const stopping = server;
    server = undefined;
    await new Promise<void>((resolve) => (stopping ? stopping.close(resolve) : resolve()));
  };
  await start();
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    next: (address, subject, after = 0) =>
      eventually(() => {
        const found = mails.slice(after).findLast((mail) => isTo(mail, address) && subject.test(mail.subject));
        return found
          ? Promise.resolve(found)
          : Promise.reject(new Error(`no mail to ${address} about ${subject.source}`));
      }),
    stop,
    start,
    refuse: (response) => (refusal = response),
    delay: (value) => (milliseconds = value),
    [Symbol.asyncDispose]: stop,
  };
}

/** SMTP is free to write a domain in small letters, and in ASCII. */
function isTo({ to }: CaughtMail, address: string): boolean {
  return emailKey(to) === emailKey(address);
}

function read(mail: ParsedMail): CaughtMail {
  const recipients = Array.isArray(mail.to) ? mail.to : mail.to ? [mail.to] : [];
  const text = mail.text ?? "";
  return {
    to: recipients.flatMap(({ value }) => value.map(({ address }) => address ?? "")).join(", "),
    id: mail.messageId ?? "",
    subject: mail.subject ?? "",
    text,
    html: typeof mail.html === "string" ? mail.html : "",
    link: (path) => {
      const found = text.match(/https?:\/\/\S+/g)?.find((url) => new URL(url).pathname.endsWith(path));
      if (found === undefined) throw new Error(`no link to ${path} in:\n${text}`);
      return found;
    },
  };
}
