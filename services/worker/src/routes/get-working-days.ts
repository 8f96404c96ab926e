import { Problem } from "@purlin/kit/problems";
import { route } from "@purlin/kit/route";
import { day } from "@purlin/kit/times";
import { z } from "zod";
import { lookUpPeriod } from "../calendar/calendar.ts";
import type { Services } from "../services.ts";
import { organisationPath } from "./paths.ts";

/** Days one question may span. */
const most = 366;

const answer = z
  .strictObject({
    from: z.iso.date(),
    to: z.iso.date(),
    workingDays: z.array(z.iso.date()),
    source: z
      .enum(["service", "stored", "weekends"])
      .describe("Where the holidays are from; `weekends`: they are not known, and only weekends are off."),
    fetchedAt: z.iso.datetime().nullable().describe("How old what is known of holidays is."),
  })
  .meta({ id: "WorkingDays" });

/** GET …/working-days: for how much can be done by when. */
export function getWorkingDays({ calendar }: Services) {
  return route({
    method: "get",
    path: "/organisations/:organisationId/working-days",
    operationId: "getWorkingDays",
    summary: "List the working days of a period",
    tag: "calendar",
    access: "forecast:read",
    params: organisationPath,
    query: z.strictObject({ from: day(), to: day() }),
    responses: { 200: { description: "Neither weekends nor public holidays.", body: answer } },
    handle: async ({ query: { from, to } }) => {
      const span = (Date.parse(to) - Date.parse(from)) / 86_400_000;
      if (span < 0 || span >= most) {
        throw new Problem("invalid_request", {
          errors: [{ path: "query.to", message: `must be from the same day to ${most - 1} days after \`from\`` }],
        });
      }
      const { days, ...known } = await lookUpPeriod(calendar, from, to);
      return { status: 200, body: { from, to, workingDays: days, ...known } };
    },
  });
}
