import { z } from "zod";
import type { MindsdbSettings } from "./config.ts";
import type { Mindsdb } from "./mindsdb.ts";
import { predict, train } from "./statements.ts";

export const forecastKinds = ["completed", "overdue"] as const;
type ForecastKind = (typeof forecastKinds)[number];

/** One kind's forecast, and how far it was off on weeks the model had not seen. */
export interface Forecast {
  kind: ForecastKind;
  /** `naive`: the learnt model was no better, so that its values are not served. */
  model: "learnt" | "naive";
  /** Mean absolute errors, tasks a week. */
  mae: number;
  naiveMae: number;
  heldOutWeeks: number;
  historyWeeks: number;
  /** `week` is its Monday, ISO 8601. */
  weeks: { week: string; value: number; naiveValue: number }[];
}

/** The SDK gives a number of more than fifteen digits as text. */
const amount = z
  .union([z.number(), z.string().regex(/^[\d.e+-]+$/)])
  .transform(Number)
  .pipe(z.number().nonnegative());
const model = z.enum(["learnt", "naive"]);
const trained = z.tuple([z.object({ status: z.string(), error: z.string().nullish() })]);
const predicted = z
  .array(
    z.object({
      week: z.string().transform((text) => text.slice(0, 10)),
      history_weeks: z.int(),
      held_out_weeks: z.int(),
      ...{ completed: amount, completed_naive: amount, completed_model: model },
      ...{ completed_mae: amount, completed_naive_mae: amount },
      ...{
        overdue: amount,
        overdue_naive: amount,
        overdue_model: model,
        overdue_mae: amount,
        overdue_naive_mae: amount,
      },
    }),
  )
  .min(1);

/** One that hangs is found out by a small question, and not after the time that training may take. */
const greetTimeout = 5_000;
const trainTimeout = 60_000;
const predictTimeout = 20_000;

/**
 * Trains the organisation's model on its own history and asks it for the weeks to come.
 * @throws MindsdbUnavailable; Error when training fails or the answer is none
 */
export async function forecast(
  mindsdb: Mindsdb,
  names: MindsdbSettings,
  organisation: string,
  signal: AbortSignal,
): Promise<Forecast[]> {
  await mindsdb.run("SELECT 1", { signal, timeout: greetTimeout });
  const [{ status, error }] = trained.parse(
    await mindsdb.run(train(names, organisation), { signal, timeout: trainTimeout }),
  );
  if (status !== "complete") throw new Error(`the model is ${status}: ${error ?? "no reason is given"}`);
  const rows = predicted.parse(await mindsdb.run(predict(names, organisation), { signal, timeout: predictTimeout }));
  return forecastKinds.map((kind) => forecastOf(kind, rows));
}

function forecastOf(kind: ForecastKind, rows: z.output<typeof predicted>): Forecast {
  const [first] = rows;
  if (!first) throw new Error("there are no weeks to forecast");
  return {
    kind,
    model: first[`${kind}_model`],
    mae: first[`${kind}_mae`],
    naiveMae: first[`${kind}_naive_mae`],
    heldOutWeeks: first.held_out_weeks,
    historyWeeks: first.history_weeks,
    weeks: rows.map((row) => ({ week: row.week, value: row[kind], naiveValue: row[`${kind}_naive`] })),
  };
}
