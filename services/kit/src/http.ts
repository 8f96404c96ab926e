import { isUtf8 } from "node:buffer";
import { performance } from "node:perf_hooks";
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import { authorise } from "./authorise.ts";
import type { Authenticator, Identity } from "./identity.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { Problem, problemFrom } from "./problems.ts";
import type { Readiness } from "./readiness.ts";
import { clientAddress, requestContext, requestIdFrom, type RequestContext } from "./request-context.ts";
import type { Route } from "./route.ts";
import { startServerSpan } from "./telemetry.ts";

export interface AppOptions {
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  routes: Route[];
  /** Proves who sends a request; absent where every route is public. */
  authenticator?: Authenticator | undefined;
  /** Counts a request against its identity or address; throws too_many_requests. Absent: no limit but the gateway's. */
  limit?: RateLimit | undefined;
  /** Largest JSON body, bytes. Uploads are streamed and have limits of their own. */
  jsonLimit: number;
  /** Adds what is not a route (a page, a protocol's own server) before the answer "not found". */
  extend?: ((app: Express) => void) | undefined;
}

export type RateLimit = (
  route: Route,
  identity: Identity | undefined,
  request: Request,
  response: Response,
) => Promise<void>;

/** An Express app with everything a request meets before and after its route. It listens nowhere: see server.ts. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag"); // hashing every answer costs more than the rare 304 saves
  app.set("query parser", "simple");
  app.get("/healthz", answerGateway(options.readiness));
  app.use(observe(options.logger, options.metrics));
  app.use(express.json({ limit: options.jsonLimit, verify: demandUtf8 }));
  mount(app, options);
  options.extend?.(app);
  app.use(() => {
    throw new Problem("not_found");
  });
  app.use(answerProblem(options.logger));
  return app;
}

/**
 * `/healthz`: the gateway's question whether to send requests here. 503 while draining and nothing else: an outage
 * of something all instances share must not take all of them out, it is told on /readyz. A question that itself came
 * through the gateway is not answered.
 */
function answerGateway(readiness: Readiness): RequestHandler {
  return (request, response, next) => {
    if (request.headers["x-forwarded-host"] !== undefined) {
      next();
      return;
    }
    response
      .status(readiness.draining() ? 503 : 200)
      .type("text")
      .send(readiness.draining() ? "draining" : "ok");
  };
}

/** Gives the request its id and context; when it is over, counts and logs it. */
function observe(logger: Logger, metrics: Metrics): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    const context: RequestContext = {
      requestId: requestIdFrom(request.get("x-request-id")),
      address: clientAddress(request),
      userAgent: request.get("user-agent")?.slice(0, 300),
    };
    const span = startServerSpan(request.method, request.get("traceparent"));
    response.setHeader("x-request-id", context.requestId);
    response.once("close", () => {
      const seconds = (performance.now() - start) / 1000;
      // 499, nginx's "client closed request": neither a success nor our failure
      const status = response.writableFinished ? response.statusCode : 499;
      const path = routeTemplate(request.route);
      metrics.request({ method: request.method, route: path, status }, seconds);
      const refused = status >= 400 && { address: context.address }; // where attacks come from (ASVS 5.0, 16.3.2)
      const line = { method: request.method, route: path, status, ms: Math.round(seconds * 1e6) / 1000, ...refused };
      span.within(() => requestContext.run(context, () => logger.info(line, "request")));
      span.end(path, status);
    });
    span.within(() => requestContext.run(context, next));
  };
}

/** Express leaves the matched route on the request; its own type for it is `any`. */
function routeTemplate(matched: unknown): string {
  const path = typeof matched === "object" && matched !== null && "path" in matched ? matched.path : undefined;
  return typeof path === "string" ? path : "unmatched";
}

function mount(app: Express, { routes, ...options }: AppOptions): void {
  for (const route of routes) app[route.method](route.path, serve(route, options));
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = routes.flatMap((route) => (route.path === path ? [route.method.toUpperCase()] : [])).join(", ");
    app.all(path, () => {
      throw new Problem("method_not_allowed", { headers: { allow } });
    });
  }
}

/** JSON is UTF-8 (RFC 8259, 8.1); what is not must not be mended in silence, nor read as another encoding it claims to be. */
function demandUtf8(_request: unknown, _response: unknown, body: Buffer, encoding: string): void {
  if (encoding !== "utf-8" || !isUtf8(body)) throw new Error("the body is not UTF-8");
}

/** The way of a request, in the order of its steps; validation and business logic are the route's own. */
function serve(route: Route, { authenticator, limit }: Pick<AppOptions, "authenticator" | "limit">): RequestHandler {
  return async (request, response) => {
    const known = await authenticate(route, request, authenticator);
    const context = requestContext.getStore();
    if (context) context.subjectId = known?.subjectId;
    await limit?.(route, known, request, response); // before the answer "no": guessing ids counts too
    const { identity, organisationId } = await admit(route, known, request, authenticator);
    const answer = await route.handle({ identity, organisationId, request, response });
    if (answer) respond(response, answer);
  };
}

/** A public route does not look at credentials: a bad one cannot lock its holder out of signing in. */
async function authenticate(route: Route, request: Request, authenticator: Authenticator | undefined) {
  if (route.access === "public" || !authenticator) return undefined;
  const { authorization, dpop } = request.headers;
  return authenticator.authenticate({
    authorization,
    dpop: typeof dpop === "string" ? dpop : undefined,
    method: request.method,
    url: dpop === undefined ? "" : externalUrl(request), // only a proof is about the URL
  });
}

/** Rights are remembered for a moment; a refusal is not decided by them: who was just let in need not wait. */
async function admit(
  route: Route,
  known: Identity | undefined,
  request: Request,
  authenticator: Authenticator | undefined,
) {
  try {
    return { identity: known, organisationId: authorise(route, known, request) };
  } catch (refusal) {
    const identity = known && (await authenticator?.refresh(known, 0));
    if (!identity) throw refusal;
    return { identity, organisationId: authorise(route, identity, request) };
  }
}

function respond(
  response: Response,
  { status, headers, body }: { status: number; headers?: Record<string, string>; body?: unknown },
) {
  if (body === undefined) response.writeHead(status, headers).end();
  else if (typeof body === "string" || Buffer.isBuffer(body))
    response
      .status(status)
      .set(headers ?? {})
      .send(body);
  else {
    // what Express would do besides, charset and freshness, is known or done by the route
    const text = JSON.stringify(body);
    const length = Buffer.byteLength(text);
    response.writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": length,
      ...headers,
    });
    response.end(text);
  }
}

/** The URL the client asked for. The gateway sets these headers and overwrites a client's own. */
function externalUrl(request: Request): string {
  const scheme = request.get("x-forwarded-proto") ?? "http";
  const host = request.get("x-forwarded-host") ?? request.get("host") ?? "";
  return `${scheme}://${host}${request.get("x-forwarded-prefix") ?? ""}${request.originalUrl}`;
}

/** The one place where errors become answers. What is our fault is logged with its stack; the client gets the table's words. */
function answerProblem(logger: Logger): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows an error handler by its four parameters
  return (error: unknown, request, response, _next) => {
    if (response.closed) return; // the client left: there is nobody to tell, and nothing of ours went wrong
    const problem = problemFrom(error);
    if (problem.status >= 500) logger.error({ err: problem.cause ?? problem }, "request failed");
    if (response.headersSent) {
      response.destroy(); // half an answer must not look like a whole one
      return;
    }
    if (!request.complete) request.resume(); // a client still sending would never read the answer
    const document = problem.document(requestContext.getStore()?.requestId);
    response
      .status(problem.status)
      .set(problem.options.headers ?? {})
      .type("application/problem+json");
    response.send(JSON.stringify(document));
  };
}
