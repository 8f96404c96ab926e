import { readConfig } from "@purlin/kit/config";
import { createLogger } from "@purlin/kit/logger";
import { migrate, migrateEnv, migrateKit } from "@purlin/kit/migrations";
import { z } from "zod";

const config = readConfig(
  z.object({ ...migrateEnv, POSTGRES_APP_OWNER_URL: z.url(), POSTGRES_APP_CA_FILE: z.string().optional() }),
  process.env,
);
const logger = createLogger({ service: "auth", instance: "auth-migrate", level: "info" });

const shared = await migrateKit({
  ownerUrl: config.POSTGRES_APP_OWNER_URL,
  caFile: config.POSTGRES_APP_CA_FILE,
  logger,
});
const own = await migrate({
  ownerUrl: config.POSTGRES_OWNER_URL,
  caFile: config.POSTGRES_CA_FILE,
  folder: new URL("migrations", import.meta.url),
  table: "auth_migrations",
  logger,
});
logger.info({ ran: [...shared, ...own] }, "schema is up to date");
