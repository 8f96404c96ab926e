import { createApp as assemble, type AppOptions } from "@purlin/kit/http";
import { openApiDocument } from "@purlin/kit/openapi";
import { mountReference } from "@purlin/kit/reference";
import type { Route } from "@purlin/kit/route";
import { mountBoard, type BoardSettings } from "./board/board.ts";
import { discardDeadLetter, getDeadLetter, replayDeadLetter } from "./routes/dead-letter.ts";
import { getWorkingDays } from "./routes/get-working-days.ts";
import { listDeadLetters, listJobs } from "./routes/list-jobs.ts";
import type { Services } from "./services.ts";

/** Everything the worker answers, as a list. */
function routes(services: Services): Route[] {
  return [
    listJobs(services),
    listDeadLetters(services),
    getDeadLetter(services),
    replayDeadLetter(services),
    discardDeadLetter(services),
    getWorkingDays(services),
  ];
}

/** The worker's HTTP side as an Express app, listening nowhere. */
export function createApp(
  services: Services,
  options: Pick<AppOptions, "metrics" | "readiness" | "limit"> & {
    board: BoardSettings | undefined;
    url: string;
    version: string;
  },
) {
  const { board, url, version } = options;
  const all = routes(services);
  const description = "Background jobs of an organisation, and the working-day calendar.";
  const document = openApiDocument({ title: "Purlin jobs", version, description, url }, all);
  return assemble({
    ...options,
    logger: services.logger,
    authenticator: services.authenticator,
    routes: all,
    jsonLimit: 16 * 1024,
    extend: (app) => {
      mountReference(app, document);
      if (board) mountBoard(app, services, board);
    },
  });
}
