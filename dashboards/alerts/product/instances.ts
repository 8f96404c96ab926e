/*
 * Figures that a service reads from Postgres (jobs, the outbox, forecasts) are the same truth on each of its instances,
 * looked at a few seconds apart: one is enough and two are not more. Rules take the `max`: the sum would grow with the number of
 * instances, and an instance that cannot tell exports nothing. Cases give the figure from two of them.
 */

/** Series of a promtool case: what the first instance exports, and what the second does (`_x30`: nothing); one is given for both. */
export function onBoth(metric: string, labels: string, first: string, second = first): Record<string, string> {
  return { [`${metric}{instance="1",${labels}}`]: first, [`${metric}{instance="2",${labels}}`]: second };
}
