import { readConfig } from "@purlin/kit/config";
import { createLogger } from "@purlin/kit/logger";
import { migrateEnv, migrateShared } from "@purlin/kit/migrations";
import { z } from "zod";

const config = readConfig(z.object(migrateEnv), process.env);
const logger = createLogger({ service: "api", instance: "api-migrate", level: "info" });
const ran = await migrateShared({
  ownerUrl: config.POSTGRES_OWNER_URL,
  caFile: config.POSTGRES_CA_FILE,
  folder: new URL("migrations", import.meta.url),
  table: "api_migrations",
  logger,
});
logger.info({ ran }, "schema is up to date");
