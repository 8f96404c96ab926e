import type { Route } from "@purlin/kit/route";
import { activityRoutes } from "./activity/routes.ts";
import { attachmentRoutes } from "./attachments/routes/routes.ts";
import { commentRoutes } from "./comments/routes.ts";
import { exportTasks } from "./exports/export-tasks.ts";
import { forecastRoutes } from "./forecast/routes.ts";
import { importRoutes } from "./imports/routes/routes.ts";
import { meRoutes } from "./me/routes.ts";
import { projectRoutes } from "./projects/routes.ts";
import type { Services } from "./services.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { webhookRoutes } from "./webhooks/routes/routes.ts";

/** The whole API as a list. */
export function routes(services: Services): Route[] {
  return [
    ...meRoutes(services),
    ...projectRoutes(services),
    ...taskRoutes(services),
    ...commentRoutes(services),
    ...attachmentRoutes(services),
    ...activityRoutes(services),
    ...forecastRoutes(services),
    ...importRoutes(services),
    exportTasks(services),
    ...webhookRoutes(services),
  ];
}
