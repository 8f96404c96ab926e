import { readFileSync } from "node:fs";
import { z } from "zod";
import { telemetryEnv } from "./telemetry-export.ts";

/** What is wrong with the environment: every problem at once, one a line. */
export class ConfigError extends Error {
  constructor(problems: string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

const port = z.coerce.number().int().min(1).max(65535);

/** Variables every service gets, whatever it needs. Spread into a service's own schema. */
export const serviceEnv = {
  SERVICE_NAME: z.string(),
  SERVICE_INSTANCE: z.string(),
  HOST: z.string().default("127.0.0.1"),
  INTERNAL_PORT: port,
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  /** Seconds between SIGTERM and the supervisor's SIGKILL. */
  STOP_TIMEOUT_SECONDS: z.coerce.number().positive().default(10),
  ...telemetryEnv,
};

/** Variables of a service that answers HTTP: PUBLIC_URL is where clients reach it, with its path prefix. */
export const httpEnv = { ...serviceEnv, PORT: port, PUBLIC_URL: z.url().optional() };

/** The `version` of a package.json; what a deployment says it runs. */
export function readVersion(manifest: URL): string {
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, "utf8"))).version;
}

/** A comma separated list; empty entries are dropped. */
export function list<T>(item: z.ZodType<T, string>): z.ZodType<T[], string | undefined> {
  return z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()])))
    .pipe(z.array(item));
}

/**
 * Reads typed settings out of `env`, once, at the start of a process. An empty variable counts as absent.
 * @throws ConfigError naming every variable that is missing or wrong; values are never repeated, they may be secrets.
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: Record<string, string | undefined>): z.output<S> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(present);
  if (result.success) return result.data;
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? "");
      return name in present ? `${name}: ${issue.message}` : `${name}: is not set`;
    }),
  );
}
