import { closest, distance } from "fastest-levenshtein";

/**
 * The known name that `name` was probably meant to be: at most two of its letters differ, or a third of
 * a long one; of a short one a single letter.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const folded = new Map(known.map((candidate) => [fold(candidate), candidate]));
  const best = closest(fold(name), [...folded.keys()]);
  const allowed = name.length <= 3 ? 1 : Math.max(2, Math.floor(name.length / 3));
  return distance(fold(name), best) <= allowed ? folded.get(best) : undefined;
}

/** How an error ends after naming something unknown: the nearest name, else all there are. */
export function hint(name: string, known: readonly string[], label: string): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length === 0 ? "nothing is declared there" : `${label}: ${known.join(", ")}`;
}

/** max_connections, maxConnections and max-connections are the same slip of the pen. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}
