import { once } from "node:events";
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { createHttpServer } from "../catcher/http.ts";
import { createSmtpServer } from "../catcher/smtp.ts";
import { openStore } from "../catcher/store.ts";

const host = "127.0.0.1";
const messagesKept = 200;

/** Catches mail over SMTP and shows it over HTTP, on two ports of loopback, until it is told to end. */
const [folder, smtpPort, httpPort] = process.argv.slice(2);
if (folder === undefined || httpPort === undefined) throw new Error("usage: catch <folder> <smtp port> <http port>");

const store = await openStore(folder, messagesKept);
const registry = new Registry();
collectDefaultMetrics({ register: registry });
const received = new Counter({
  name: "mail_messages_received_total",
  help: "Messages services sent, by whether they were kept.",
  labelNames: ["result"],
  registers: [registry],
});
for (const result of ["kept", "refused"]) received.inc({ result }, 0);
new Gauge({
  name: "mail_messages_held_count",
  help: `Messages that can be read; the oldest goes when there are more than ${messagesKept}.`,
  registers: [registry],
  collect() {
    this.set(store.list().length);
  },
});

const smtp = createSmtpServer(store, {
  taken: () => received.inc({ result: "kept" }),
  refused: () => received.inc({ result: "refused" }),
});
const http = createHttpServer(store, registry);
await once(smtp.listen(Number(smtpPort), host), "listening");
await once(http.listen(Number(httpPort), host), "listening");
await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
http.close();
http.closeAllConnections();
smtp.close();
