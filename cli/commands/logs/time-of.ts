const isoTime = /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?/;
const pinoTime = /"time":(\d{13})/;

/**
 * When a log line was written, milliseconds since the epoch, in the formats our daemons use: pino's number, or an ISO
 * 8601 time (Postgres, Prometheus, Traefik). Undefined for a line without a time, which belongs to the one before.
 */
export function timeOf(line: string): number | undefined {
  const pino = pinoTime.exec(line)?.[1];
  if (pino !== undefined) return Number(pino);
  const iso = isoTime.exec(line)?.[0];
  if (iso === undefined) return undefined;
  const time = Date.parse(
    iso
      .replace(",", ".")
      .replace(/ ?UTC$/, "Z")
      .replace(" ", "T"),
  );
  return Number.isNaN(time) ? undefined : time;
}
