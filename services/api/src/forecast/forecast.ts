import type { Query } from "@purlin/kit/pool";
import { z } from "zod";

const kind = z.enum(["completed", "overdue"]);

/** What is expected of the weeks to come, and how well that is known. */
export const forecast = z
  .strictObject({
    status: z
      .enum(["ready", "training", "insufficient_history", "unavailable"])
      .describe("`unavailable`: no model can be asked now. What was forecast before is still here, with its age."),
    computedAt: z.iso.datetime().nullable(),
    ageSeconds: z.number().nullable().describe("Since it was computed."),
    models: z.array(
      z.strictObject({
        kind,
        state: z.enum(["training", "ready", "insufficient_history"]),
        model: z
          .enum(["learnt", "naive"])
          .nullable()
          .describe("`naive`: the learnt model was no better on the held-out weeks."),
        mae: z.number().nullable().describe("Mean absolute error on the held-out weeks, tasks a week."),
        naiveMae: z.number().nullable().describe("The same of the naive forecast."),
        heldOutWeeks: z.int().nullable(),
        trainedAt: z.iso.datetime().nullable(),
      }),
    ),
    weeks: z.array(
      z.strictObject({
        kind,
        week: z.iso.date().describe("Its Monday."),
        value: z.number().describe("Tasks completed, or becoming overdue, in that week."),
        naiveValue: z.number(),
        workingDays: z
          .int()
          .nullable()
          .describe(
            "Neither weekends nor public holidays: `value` does not know of these. Null: holidays are not known.",
          ),
      }),
    ),
  })
  .meta({ id: "Forecast" });

/** A forecast as it is kept; its age is told when it is answered. */
export type Forecast = Omit<z.output<typeof forecast>, "ageSeconds">;

interface ModelRow {
  kind: "completed" | "overdue";
  state: "training" | "ready" | "insufficient_history";
  model: "learnt" | "naive" | null;
  mae: number | null;
  naiveMae: number | null;
  heldOutWeeks: number | null;
  trainedAt: Date | null;
  unavailable: boolean;
}

interface WeekRow {
  kind: "completed" | "overdue";
  week: string;
  value: number;
  naiveValue: number;
  workingDays: number | null;
}

const models = `
  SELECT kind, state, model, mae, naive_mae AS "naiveMae", held_out_weeks AS "heldOutWeeks", trained_at AS "trainedAt",
    unavailable_since IS NOT NULL AS unavailable
  FROM forecast_models WHERE organisation_id = access.current_organisation() ORDER BY kind`;

const weeks = `
  SELECT kind, week::text, value, naive_value AS "naiveValue", working_days AS "workingDays" FROM forecasts
  WHERE organisation_id = access.current_organisation() ORDER BY kind, week`;

/** The organisation's forecast, as the worker left it. Before the first one it is `training`. */
export async function readForecast(query: Query): Promise<Forecast> {
  const known = await query<ModelRow>(models);
  const rows = await query<WeekRow>(weeks);
  const trained = known.flatMap(({ trainedAt }) => (trainedAt === null ? [] : [trainedAt.toISOString()])).sort();
  return {
    status: statusOf(known),
    computedAt: trained[0] ?? null,
    models: known.map(({ unavailable, trainedAt, ...model }) => ({
      ...model,
      trainedAt: trainedAt?.toISOString() ?? null,
    })),
    weeks: rows,
  };
}

function statusOf(known: readonly ModelRow[]): Forecast["status"] {
  if (known.some(({ unavailable }) => unavailable)) return "unavailable";
  if (known.some(({ state }) => state === "ready")) return "ready";
  if (known.some(({ state }) => state === "insufficient_history")) return "insufficient_history";
  return "training";
}
