import { createApp as assemble, type AppOptions } from "@purlin/kit/http";
import type { Route } from "@purlin/kit/route";
import { createAttachment } from "./routes/create-attachment.ts";
import { createRecord } from "./routes/create-record.ts";
import { deleteAttachment } from "./routes/delete-attachment.ts";
import { deleteRecord } from "./routes/delete-record.ts";
import { getAttachment } from "./routes/get-attachment.ts";
import { getRecord } from "./routes/get-record.ts";
import { listRecords } from "./routes/list-records.ts";
import type { Services } from "./services.ts";

/** The whole API as a list. */
function routes(services: Services): Route[] {
  return [
    createRecord(services),
    listRecords(services),
    getRecord(services),
    deleteRecord(services),
    createAttachment(services),
    getAttachment(services),
    deleteAttachment(services),
  ];
}

/** The API as an Express app, listening nowhere. */
export function createApp(services: Services, options: Pick<AppOptions, "metrics" | "readiness">) {
  return assemble({ ...options, logger: services.logger, routes: routes(services), jsonLimit: 64 * 1024 });
}
