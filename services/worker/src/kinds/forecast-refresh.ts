import type { Metrics } from "@purlin/kit/metrics";
import type { Database } from "@purlin/kit/postgres";
import { z } from "zod";
import type { Calendar } from "../calendar/calendar.ts";
import type { MindsdbSettings } from "../forecast/config.ts";
import { exportForecastHealth } from "../forecast/metrics.ts";
import { createMindsdb, MindsdbUnavailable, type Mindsdb } from "../forecast/mindsdb.ts";
import { planForecasts } from "../forecast/plan.ts";
import { forecast } from "../forecast/predictions.ts";
import {
  countWeeks,
  markTraining,
  markUnavailable,
  neededWeeks,
  storeForecasts,
  storeInsufficient,
} from "../forecast/store.ts";
import { storeSummaries, summariseProjects } from "../forecast/summaries.ts";
import { dropOrphans } from "../forecast/tidy.ts";
import { countWorkingDays } from "../forecast/working-days.ts";
import { Postpone, type Job, type Kind } from "../jobs/kind.ts";

interface World {
  db: Database;
  settings: MindsdbSettings;
  mindsdb: Mindsdb;
  calendar: Pick<Calendar, "year">;
}

/** Seconds until MindsDB is asked again after it did not answer. */
const pause = 60;

/** The work MindsDB does: none on a platform without it. */
export function forecastKinds(
  settings: MindsdbSettings,
  db: Database,
  metrics: Metrics,
  calendar: World["calendar"],
): Kind[] {
  const { MINDSDB_URL: url, MINDSDB_USER: user, MINDSDB_PASSWORD: password, MINDSDB_SUMMARY_MODEL: model } = settings;
  if (url === undefined) return [];
  exportForecastHealth(metrics.registry, db);
  const world = { db, settings, mindsdb: createMindsdb({ url, user, password }, metrics), calendar };
  const perOrganisation = [refresh(world), ...(model === undefined ? [] : [summarise(world, model)])];
  return [plan(perOrganisation.map(({ name }) => name)), tidy(world), ...perOrganisation];
}

function plan(kinds: string[]): Kind {
  return {
    name: "forecast.plan",
    every: 600,
    concurrency: 1,
    retries: [10, 60],
    effect: (query, { payload }) => planForecasts(query, z.object({ slot: z.string() }).parse(payload).slot, kinds),
  };
}

/** One organisation's forecast. MindsDB trains one model at a time, whoever asks. */
function refresh({ db, settings, mindsdb, calendar }: World): Kind {
  return {
    name: "forecast.refresh",
    on: ["forecast.requested"],
    concurrency: 1,
    retries: [30, 300, 1_800],
    timeout: 100,
    work: async (job, signal) => {
      const organisation = organisationOf(job);
      const { value: weeks } = await db.read(countWeeks, { organisation });
      if (weeks < neededWeeks) {
        return async (query) => {
          await storeInsufficient(query, organisation, weeks);
          return undefined;
        };
      }
      await db.write((query) => markTraining(query, organisation), { organisation });
      try {
        const forecasts = await forecast(mindsdb, settings, organisation, signal);
        const workingDays = await countWorkingDays(calendar, forecasts);
        return async (query) => {
          await storeForecasts(query, organisation, forecasts, workingDays);
          return undefined;
        };
      } catch (error) {
        // An aborted signal is the worker stopping: the limits on MindsDB's answers are shorter than the job's.
        if (!signal.aborted) await db.write((query) => markUnavailable(query, organisation), { organisation });
        throw postponed(error);
      }
    },
  };
}

/** Summaries of one organisation's projects, by the language model that the blueprint names. */
function summarise({ settings, mindsdb }: World, model: string): Kind {
  return {
    name: "forecast.summarise",
    concurrency: 1,
    retries: [60, 600],
    timeout: 180,
    work: async (job, signal) => {
      const organisation = organisationOf(job);
      const names = { ...settings, MINDSDB_SUMMARY_MODEL: model };
      const summaries = await summariseProjects(mindsdb, names, organisation, signal).catch((error: unknown) => {
        throw postponed(error);
      });
      return async (query) => {
        await storeSummaries(query, organisation, model, summaries);
        return undefined;
      };
    },
  };
}

function tidy({ db, settings, mindsdb }: World): Kind {
  return {
    name: "forecast.tidy",
    every: 86_400,
    concurrency: 1,
    retries: [600, 3_600],
    timeout: 60,
    work: async (_job, signal) => {
      await dropOrphans(mindsdb, settings, db, signal).catch((error: unknown) => {
        throw postponed(error);
      });
      return () => Promise.resolve(undefined);
    },
  };
}

/** An outage of MindsDB is no fault of the job's. */
function postponed(error: unknown): unknown {
  return error instanceof MindsdbUnavailable ? new Postpone(pause, error.message) : error;
}

function organisationOf({ organisationId }: Job): string {
  if (organisationId === null) throw new Error("a forecast is of an organisation");
  return organisationId;
}
