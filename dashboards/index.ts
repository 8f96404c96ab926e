import { gateway as gatewayAlerts } from "./alerts/gateway.ts";
import { host as hostAlerts } from "./alerts/host.ts";
import { mail as mailAlerts } from "./alerts/mail.ts";
import { mindsdb as mindsdbAlerts } from "./alerts/mindsdb.ts";
import { monitoring as monitoringAlerts } from "./alerts/monitoring.ts";
import { postgres as postgresAlerts } from "./alerts/postgres.ts";
import { redis as redisAlerts } from "./alerts/redis.ts";
import { services as servicesAlerts } from "./alerts/services.ts";
import { storage as storageAlerts } from "./alerts/storage.ts";
import { gateway } from "./gateway.ts";
import { host } from "./host.ts";
import type { AlertGroup } from "./lib/alert.ts";
import type { DashboardSpec } from "./lib/signal.ts";
import { mail } from "./mail.ts";
import { mindsdb } from "./mindsdb.ts";
import { monitoring } from "./monitoring.ts";
import { overview } from "./overview.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import { services } from "./services.ts";
import { storage } from "./storage.ts";

/** Every dashboard, in the order of the overview's drill path. */
export const dashboards: readonly DashboardSpec[] = [
  overview,
  gateway,
  services,
  postgres,
  redis,
  storage,
  mail,
  mindsdb,
  monitoring,
  host,
];

/** Every group of alert rules. */
export const alertGroups: readonly AlertGroup[] = [
  gatewayAlerts,
  servicesAlerts,
  postgresAlerts,
  redisAlerts,
  storageAlerts,
  mailAlerts,
  mindsdbAlerts,
  monitoringAlerts,
  hostAlerts,
];
