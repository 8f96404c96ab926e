import { interleave, Series } from "../measure.ts";
import { compare, type Figure } from "../report.ts";
import { sendLoad } from "../support/load-spec.ts";
import { startApi } from "./api.ts";

/** Far below what the machine can do: what a request takes when nothing waits. */
const calm = { connections: 4, seconds: 2, rate: 200 };
/** As many requests as there can be. */
const rush = { connections: 32, seconds: 2 };

/** The forecast, which the API keeps, against the read of one task, on the same instance and as the same person. */
export async function benchForecast(rounds: number): Promise<Figure[]> {
  await using api = await startApi();
  const { ours, daemons } = api.world;
  await daemons.sqlIn("app", history(ours.organisationId));
  const contestant = (label: string, path: string) => {
    const [p50, rate] = [new Series(label), new Series(label)];
    const load = async () => ({
      urls: [`${api.url}/organisations/${ours.organisationId}${path}`],
      headers: await ours.viewer.headers(),
    });
    return {
      p50,
      rate,
      warmUp: async () => sendLoad({ ...(await load()), ...rush }),
      measure: async () => {
        p50.add((await sendLoad({ ...(await load()), ...calm })).p50);
        rate.add((await sendLoad({ ...(await load()), ...rush })).rate);
      },
    };
  };
  const [forecast, task] = [contestant("forecast", "/forecast"), contestant("a task", `/tasks/${ours.taskId}`)];
  await interleave(1, [forecast.warmUp, task.warmUp]);
  await interleave(rounds, [forecast.measure, task.measure]);
  return [
    compare({ what: "Read the forecast, median at 200 requests/s", unit: "ms", target: 1.1 }, forecast.p50, task.p50),
    compare({ what: "Read the forecast, most requests", unit: "requests/s" }, forecast.rate, task.rate),
  ];
}

/** Two models and eight weeks of both kinds, as the worker leaves them. */
function history(organisationId: string): string {
  return `
    INSERT INTO forecast_models (organisation_id, kind, state, model, trained_at, mae, naive_mae, held_out_weeks)
    SELECT '${organisationId}', kind, 'ready', 'learnt', now(), 1.5, 3.1, 8 FROM unnest(ARRAY['completed', 'overdue']) AS kind;
    INSERT INTO forecasts (organisation_id, kind, week, value, naive_value, computed_at)
    SELECT '${organisationId}', kind, (date_trunc('week', now()) + n * interval '1 week')::date, 10 + n, 9, now()
    FROM unnest(ARRAY['completed', 'overdue']) AS kind, generate_series(1, 8) n`;
}
