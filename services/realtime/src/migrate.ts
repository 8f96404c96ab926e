import { readConfig } from "@purlin/kit/config";
import { createLogger } from "@purlin/kit/logger";
import { migrateEnv, migrateKit } from "@purlin/kit/migrations";
import { z } from "zod";

/** The service has no tables of its own: it reads the outbox, which the kit brings. */
const config = readConfig(z.object(migrateEnv), process.env);
const logger = createLogger({ service: "realtime", instance: "realtime-migrate", level: "info" });
const ran = await migrateKit({ ownerUrl: config.POSTGRES_OWNER_URL, caFile: config.POSTGRES_CA_FILE, logger });
logger.info({ ran }, "schema is up to date");
