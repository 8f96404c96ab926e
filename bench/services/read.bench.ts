import { interleave, Series } from "../measure.ts";
import { compare, type Figure } from "../report.ts";
import { sendLoad } from "../support/load-spec.ts";
import { startApi } from "./api.ts";
import { startScript } from "./process.ts";
import type { BareReadSettings } from "./read-bare.ts";

const connections = [32, 64] as const;

/** One task by its id: token, rights, rate limit, validation, row-level security, replica, log and metrics, against a route that has none of it. */
export async function benchRead(rounds: number): Promise<Figure[]> {
  await using api = await startApi();
  const { ours, daemons } = api.world;
  // both read the replica; the superuser sees every row, as the bare route sets no organisation
  const postgres = `postgres://postgres:test@127.0.0.1:${daemons.replica.port}/app`;
  const bare = (tuned: boolean) => startScript("read-bare.ts", { postgres, tuned } satisfies BareReadSettings);
  await using plain = await bare(false);
  await using tuned = await bare(true);
  const path = `/organisations/${ours.organisationId}/tasks/${ours.taskId}`;
  const contestant = (label: string, url: string, headers = () => Promise.resolve({})) =>
    connections.map((count) => {
      const series = new Series(label);
      const send = async (seconds: number) =>
        sendLoad({ urls: [`${url}${path}`], headers: await headers(), connections: count, seconds });
      return { series, warmUp: () => send(2), measure: async () => series.add((await send(3)).rate) };
    });
  const contestants = [
    contestant("full route", api.url, ours.viewer.headers),
    contestant("bare Express and pg.Pool", plain.url),
    contestant("the same with what pg and Express can do for speed", tuned.url),
  ];
  await interleave(
    1,
    contestants.flatMap((some) => some.map(({ warmUp }) => warmUp)),
  );
  await interleave(
    rounds,
    connections.flatMap((_, index) => contestants.flatMap((some) => some[index]?.measure ?? [])),
  );
  const [full = [], ...others] = contestants;
  return others.flatMap((other, n) =>
    other.flatMap(({ series }, index) => {
      const mine = full[index]?.series;
      if (!mine) return [];
      const what = `Read a task over ${connections[index] ?? 0} connections, all checks on`;
      const target = n === 0 ? { target: 1, bound: "at least" as const } : {};
      return [compare({ what, unit: "requests/s", ...target }, mine, series)];
    }),
  );
}
