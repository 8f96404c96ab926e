import { closest } from "fastest-levenshtein";
import { PurlinError } from "../errors/purlin-error.ts";

interface Named {
  component: string;
  name: string;
}

/**
 * The processes meant by one word: a component (`postgres`), a service (`api`: all its instances), or a process
 * (`api-1`). Without a word, all.
 *
 * @throws PurlinError PROCESS_UNKNOWN, with the nearest name, when something is there but nothing by that word.
 */
export function matching<T extends Named>(rows: readonly T[], word: string | undefined): T[] {
  if (word === undefined || rows.length === 0) return [...rows];
  const found = rows.filter((row) => row.component === word || row.name === word || isInstance(row.name, word));
  if (found.length > 0) return found;
  const known = [...new Set(rows.flatMap((row) => [row.component, row.name]))];
  throw new PurlinError("PROCESS_UNKNOWN", { name: word, nearest: closest(word, known) });
}

/** Whether `api-1` is an instance of `api`. */
export function isInstance(process: string, service: string): boolean {
  return process.startsWith(`${service}-`) && /^\d+$/.test(process.slice(service.length + 1));
}
