import { readFile } from "node:fs/promises";
import { Client, escapeIdentifier, escapeLiteral } from "pg";

/** How tasks reach a server as superuser: over TLS, verified, like everybody. */
export interface Server {
  port: number;
  user: string;
  password: string;
  caFile: string;
}

/** Runs `work` with a session on `database`, and ends the session whatever happens. */
export async function withClient<Result>(
  { port, user, password, caFile }: Server,
  database: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const ssl = { ca: await readFile(caFile, "utf8") };
  const client = new Client({
    host: "127.0.0.1",
    port,
    user,
    password,
    database,
    ssl,
    application_name: "purlin task",
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Statements of this session, which may hold passwords, are kept out of the log and of pg_stat_statements. */
export async function keepStatementsPrivate(client: Client): Promise<void> {
  await client.query("set log_min_duration_statement = -1");
  await client.query("set log_min_error_statement = panic");
  await client.query("set log_statement = none");
}

/** Creates the role, or brings it to the password and options given. */
export async function ensureLogin(client: Client, role: string, password: string, options: string): Promise<void> {
  await ensureRole(client, role);
  await client.query(`alter role ${escapeIdentifier(role)} login password ${escapeLiteral(password)} ${options}`);
}

/** Creates a role that cannot log in, unless there is one of that name. */
export async function ensureRole(client: Client, role: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [role]);
  if (rowCount === 0) await client.query(`create role ${escapeIdentifier(role)}`);
}
