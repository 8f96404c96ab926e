import { closest } from "fastest-levenshtein";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Ending } from "../../command.ts";
import type { Context } from "../../context.ts";
import type { OutputValues } from "../../engine/engine.ts";
import { keysAt, pickString } from "../../pick.ts";
import { readOutputs } from "../outputs/outputs.handler.ts";

interface PsqlOptions {
  /** A database of the blueprint; absent means the first. */
  database: string | undefined;
  args: string[];
}

/** Opens psql on the primary as the database's owner. The password travels in the environment, never in argv. */
export async function psql(
  context: Pick<Context, "stdout" | "stderr" | "env" | "cwd" | "settings" | "platform" | "interruption" | "log">,
  { database, args }: PsqlOptions,
): Promise<Ending> {
  const { platform, env, cwd, interruption } = context;
  const login = connection(await readOutputs(context, true), database);
  const release = interruption.guard({ finish: () => undefined, leave: () => undefined }); // Ctrl-C is psql's
  const code = await platform.spawn({ command: ["psql", ...args], cwd, env: { ...env, ...login } });
  release();
  if (code === undefined) {
    const { PGUSER, PGHOST, PGPORT, PGDATABASE } = login;
    const url = `postgres://${PGUSER}@${PGHOST}:${PGPORT}/${PGDATABASE}`;
    throw new PurlinError("PSQL_MISSING", { url });
  }
  return code;
}

/** The connection as libpq's environment: https://www.postgresql.org/docs/current/libpq-envars.html */
function connection(outputs: OutputValues, wanted: string | undefined) {
  const databases = keysAt(outputs, "postgres", "databases");
  const [first] = databases;
  if (first === undefined) throw new PurlinError("DATABASE_UNKNOWN", { name: wanted, nearest: undefined });
  const name = wanted ?? first;
  if (!databases.includes(name)) throw new PurlinError("DATABASE_UNKNOWN", { name, nearest: closest(name, databases) });
  const at = ["postgres", "databases", name];
  return {
    PGHOST: pickString(outputs, "postgres", "primary", "host") ?? "127.0.0.1",
    PGPORT: pickString(outputs, "postgres", "primary", "port"),
    PGDATABASE: pickString(outputs, ...at, "name") ?? name,
    PGUSER: pickString(outputs, ...at, "owner", "user") ?? name,
    PGPASSWORD: pickString(outputs, ...at, "owner", "password"),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: pickString(outputs, "postgres", "ca"),
  };
}
