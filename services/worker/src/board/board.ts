import { createBullBoard } from "@bull-board/api";
import { BullAdapter } from "@bull-board/api/bullAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { audit } from "@purlin/kit/audit";
import { Problem } from "@purlin/kit/problems";
import type { JobQueue } from "@purlin/kit/queue";
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { WorkerConfig } from "../config.ts";
import type { Services } from "../services.ts";
import { isAlive, openSession, readSession, sessionLife } from "./session.ts";
import { signInPage } from "./sign-in.ts";

/*
 * bull's queues as a page, for whoever runs the platform: it shows all organisations' jobs, by id and kind, and nothing of
 * what they are about, for bull does not know. It only shows: dead letters are replayed through the API, where it is audited.
 */
export interface BoardSettings {
  operators: ReadonlySet<string>;
  key: Buffer;
  /** Path of the board as browsers see it. */
  path: string;
}

/** Undefined where no board is set up. */
export function boardSettings(config: WorkerConfig): BoardSettings | undefined {
  const { BOARD_KEY: key, OPERATORS: operators, PUBLIC_URL: url } = config;
  if (!key || operators.length === 0) return undefined;
  const prefix = url === undefined ? "" : new URL(url).pathname.replace(/\/$/, "");
  return { operators: new Set(operators), key, path: `${prefix}/board` };
}

const cookie = "__Secure-board";

const headers = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
};

/** Puts the board at `/board`, behind a sign-in of its own. */
export function mountBoard(app: Express, services: Services, settings: BoardSettings): void {
  const pages = new ExpressAdapter();
  pages.setBasePath(settings.path);
  createBullBoard({ queues: services.queues.map(shown), serverAdapter: pages, options: boardOptions });
  const form = express.urlencoded({ extended: false, limit: 16 * 1024 });
  app.use("/board", (_request, response, next) => {
    response.set(headers);
    next();
  });
  app.post("/board/session", form, signIn(services, settings));
  const router = pages.getRouter() as RequestHandler; // typed as any
  app.use("/board", guard(services, settings), router);
}

const boardOptions = { uiConfig: { boardTitle: "Jobs", hideDocsLink: true, hideRedisDetails: true } };

function shown({ bull }: JobQueue): BullAdapter {
  const adapter = new Queue(bull, { readOnlyMode: true, allowRetries: false });
  for (const field of ["data", "returnValue"] as const) adapter.setFormatter(field, () => ({}));
  return adapter;
}

class Queue extends BullAdapter {
  /** The list of connections is of everybody's, which the service's Redis user may not see. */
  override getWorkers(): Promise<null> {
    return Promise.resolve(null);
  }
}

function signIn({ authenticator, db }: Services, { operators, key, path }: BoardSettings): RequestHandler {
  return async (request, response) => {
    const subjectId = await operatorOf(request);
    if (subjectId === undefined || !operators.has(subjectId)) {
      refuse(response, "This token is not an operator's, or no longer good.", path);
      return;
    }
    await db.write((query) =>
      audit(query, { actorId: subjectId, action: "queue_board.opened", targetType: "queue-board" }),
    );
    response.cookie(cookie, openSession(key, subjectId), {
      ...{ path, httpOnly: true, secure: true, sameSite: "strict", maxAge: sessionLife * 1_000 },
    });
    response.redirect(303, `${path}/`);
  };

  /** Of a token that was just proven to be good; a key is for programs, which have no use for the board. */
  async function operatorOf(request: Request): Promise<string | undefined> {
    const body: unknown = request.body;
    const token = typeof body === "object" && body !== null && "token" in body ? body.token : undefined;
    if (typeof token !== "string" || token.length > 8_192) return undefined;
    try {
      const authorization = `Bearer ${token.trim()}`;
      const credentials = { authorization, dpop: undefined, method: "POST", url: path };
      const { subjectId, via } = await authenticator.authenticate(credentials);
      return via === "token" ? subjectId : undefined;
    } catch (error) {
      if (error instanceof Problem && error.code === "unauthorized") return undefined;
      throw error;
    }
  }
}

function guard({ db }: Services, { operators, key, path }: BoardSettings): RequestHandler {
  return async (request, response, next) => {
    const session = readSession(key, cookieOf(request) ?? "");
    if (!session || !operators.has(session.subjectId) || !(await isAlive(db.readPrimary, session))) {
      refuse(response, undefined, path);
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new Problem("method_not_allowed", { headers: { allow: "GET, HEAD" } });
    }
    next();
  };
}

function cookieOf(request: Request): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookie}=([^;]*)`).exec(request.get("cookie") ?? "")?.[1];
}

function refuse(response: Response, problem: string | undefined, path: string): void {
  response
    .status(problem === undefined ? 401 : 403)
    .type("html")
    .send(signInPage(`${path}/session`, problem));
}
