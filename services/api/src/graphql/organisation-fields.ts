import { writeCursor } from "@purlin/kit/cursor";
import { z } from "zod";
import { listActivity } from "../activity/activity.ts";
import { readForecast } from "../forecast/forecast.ts";
import { findProject, listProjects } from "../projects/projects.ts";
import { listTasks, taskFilter } from "../tasks/list-tasks.ts";
import { findTask } from "../tasks/tasks.ts";
import type { GraphqlContext } from "./context.ts";
import { connection, field, noArgs, orNull, pageArgs, pageRequest, type In } from "./resolve.ts";

type Organisation = In<object>;

const one = z.object({ id: z.uuid() });

const filterArgs = pageArgs.extend({
  filter: z
    .preprocess(
      (given) => (given === null || given === undefined ? {} : withoutNulls(given)),
      z.object({ ...taskFilter, projectId: z.uuid().optional() }),
    )
    .optional(),
});

/** REST has several states as one text, and no null. */
function withoutNulls(given: object): object {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]: [string, unknown]) =>
      value === null
        ? []
        : [[name, Array.isArray(value) ? value.join(",") : typeof value === "number" ? String(value) : value]],
    ),
  );
}

const named =
  (name: "name" | "slug" | "createdAt") => async (parent: Organisation, _args: unknown, context: GraphqlContext) =>
    (await context.loaders(parent.organisationId).organisation())?.[name];

/** Fields of an organisation the caller was found to be a member of. */
export const organisationFields = {
  id: (parent: Organisation) => parent.organisationId,
  name: named("name"),
  slug: named("slug"),
  createdAt: named("createdAt"),
  permissions: ({ organisationId }: Organisation, _args: unknown, { identity }: GraphqlContext) => [
    ...(identity.organisations.get(organisationId) ?? []),
  ],
  project: field("project:read", one, async ({ organisationId }: Organisation, { id }, context) => {
    const found = await orNull(context.read(organisationId, (query) => findProject(query, id)));
    return found && { ...found, organisationId };
  }),
  projects: field(
    "project:read",
    pageArgs.extend({ archived: z.boolean() }),
    async ({ organisationId }: Organisation, args, context) => {
      const page = pageRequest(args);
      const { items, next } = await context.read(organisationId, (query) =>
        listProjects(query, { archived: args.archived }, { limit: page.first, cursor: page.after }),
      );
      const cursorAt = (index: number) => items[index] && writeCursor("projects", [items[index].id]);
      return connection(organisationId, { items, hasNext: next !== null, cursorAt }, page);
    },
  ),
  task: field("task:read", one, async ({ organisationId }: Organisation, { id }, context) => {
    const found = await orNull(context.read(organisationId, (query) => findTask(query, id)));
    return found && { ...found, organisationId };
  }),
  tasks: field("task:read", filterArgs, async ({ organisationId }: Organisation, args, context) => {
    const page = pageRequest(args);
    const { items, next, cursorAt } = await context.read(organisationId, (query) =>
      listTasks(query, args.filter ?? {}, { limit: page.first, cursor: page.after }),
    );
    return connection(organisationId, { items, hasNext: next !== null, cursorAt }, page);
  }),
  activity: field("task:read", pageArgs, async ({ organisationId }: Organisation, args, context) => {
    const page = pageRequest(args);
    const { items, next } = await context.read(organisationId, (query) =>
      listActivity(query, {}, { limit: page.first, cursor: page.after }),
    );
    const cursorAt = (index: number) => items[index] && writeCursor("activity", [items[index].id]);
    return connection(organisationId, { items, hasNext: next !== null, cursorAt }, page);
  }),
  forecast: field("forecast:read", noArgs, ({ organisationId }: Organisation, _args, context) =>
    context.read(organisationId, readForecast),
  ),
};
