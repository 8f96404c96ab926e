import { readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { Client } from "pg";
import type { ProbeOf } from "./spec.ts";

/** Good when a login succeeds and the server has the wanted role (`pg_is_in_recovery`). */
export async function probePostgres(spec: ProbeOf<"postgres">, signal: AbortSignal): Promise<string> {
  const { host, port, user, password, database, caFile } = spec;
  const ssl = caFile === undefined ? false : { ca: await readFile(caFile, "utf8") };
  // Our own socket: destroying it is the only way out of a server that is stopped and answers nothing.
  const socket = new Socket();
  const stream = (): Socket => socket;
  const client = new Client({ host, port, user, password, database, ssl, stream, application_name: "purlin probe" });
  client.on("error", () => undefined); // a server that ends our session says so through the query
  const stop = (): void => void socket.destroy();
  signal.addEventListener("abort", stop);
  try {
    await client.connect();
    const { rows } = await client.query<{ replica: boolean }>("select pg_is_in_recovery() as replica");
    await client.end(); // a mere disconnect would be a line in the server's log each time
    const role = rows[0]?.replica ? "replica" : "primary";
    if (spec.role && spec.role !== role) throw new Error(`is a ${role}, wanted a ${spec.role}`);
    return `accepts logins, ${role}`;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}
