import { closest, distance } from "fastest-levenshtein";

/** The known name that `name` was probably meant to be: at most a third of its letters (and at least two) differ. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const folded = new Map(known.map((candidate) => [fold(candidate), candidate]));
  const best = closest(fold(name), [...folded.keys()]);
  const allowed = Math.max(2, Math.floor(name.length / 3));
  const close = distance(fold(name), best) <= allowed && distance(fold(name), best) < best.length;
  return close ? folded.get(best) : undefined;
}

/** How an error ends after naming something unknown: the nearest name, else what there is, else that there is nothing. */
export function hint(name: string, known: readonly string[], plural: string): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length === 0 ? `there are no ${plural}` : `${plural}: ${known.join(", ")}`;
}

/** max_connections, maxConnections and max-connections are the same slip of the pen. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}
