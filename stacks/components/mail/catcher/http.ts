import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { listPage, messagePage } from "./page.ts";
import type { Store } from "./store.ts";

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** Styles of the page and of mail; everything else, scripts first, stays off. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/` and `/mail/<id>` for people, `/messages?to=` and `/messages/<id>` for programs, `/livez`, `/metrics`. */
export function createHttpServer(store: Store, metrics: Registry): Server {
  return createServer((request, response) => {
    answer(request, store, metrics).then(
      (found) => send(response, found),
      (error: unknown) => {
        console.error("http:", error);
        send(response, { status: 500, type: "text/plain", body: "failed; see the log\n" });
      },
    );
  });
}

async function answer(request: IncomingMessage, store: Store, metrics: Registry): Promise<Answer> {
  // A page elsewhere that gives its own host name this address would read sign-in links (DNS rebinding).
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "")) {
    return { status: 421, type: "text/plain", body: "not a name of this server\n" };
  }
  if (request.method !== "GET") return { status: 405, type: "text/plain", body: "only GET\n" };
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const to = searchParams.get("to") ?? undefined;
  const [first = "", id = ""] = pathname.slice(1).split("/");
  switch (first) {
    case "":
      return html(listPage(store.list(to)));
    case "livez":
      return { status: 200, type: "text/plain", body: "ok\n" };
    case "metrics":
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    case "messages":
      return id === "" ? json({ messages: store.list(to) }) : messageJson(store, id);
    case "mail":
      return mailPage(store, id);
    default:
      return notFound;
  }
}

async function messageJson(store: Store, id: string): Promise<Answer> {
  const found = await store.find(id);
  if (!found) return notFound;
  const { summary, mail } = found;
  return json({ ...summary, text: mail.text ?? "", ...(mail.html !== false && { html: mail.html }) });
}

async function mailPage(store: Store, id: string): Promise<Answer> {
  const found = await store.find(id);
  return found ? html(messagePage(found.summary, found.mail)) : notFound;
}

const notFound: Answer = { status: 404, type: "text/plain", body: "no such page or message\n" };
const html = (body: string): Answer => ({ status: 200, type: "text/html; charset=utf-8", body });
const json = (value: object): Answer => ({ status: 200, type: "application/json", body: JSON.stringify(value) });

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(body);
}
