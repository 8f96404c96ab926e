import { route } from "@purlin/kit/route";
import { change, look } from "@purlin/kit/run";
import { discard, findDeadLetter, job, jobWithPayload, replay } from "../jobs/queries.ts";
import type { Services } from "../services.ts";
import { jobPath } from "./paths.ts";

const common = { tag: "dead letters", access: "job:manage", params: jobPath } as const;
const path = "/organisations/:organisationId/dead-letters/:jobId";

/** GET …/dead-letters/:jobId: with what it was to do. */
export function getDeadLetter({ db }: Services) {
  return route({
    ...common,
    method: "get",
    path,
    operationId: "getDeadLetter",
    summary: "Show a job that failed too often",
    responses: { 200: { description: "The job, with its payload.", body: jobWithPayload } },
    handle: async ({ params, ...place }) => {
      const body = await look(db, place, (query) => findDeadLetter(query, params.jobId));
      return { status: 200, body };
    },
  });
}

/** POST …/dead-letters/:jobId/replay */
export function replayDeadLetter({ db, queue }: Services) {
  return route({
    ...common,
    method: "post",
    path: `${path}/replay`,
    operationId: "replayDeadLetter",
    summary: "Have a dead job run again",
    responses: { 202: { description: "It will be run.", body: job } },
    handle: async ({ params, identity, ...place }) => {
      const caller = { organisationId: place.organisationId, actorId: identity.subjectId };
      const body = await change(db, place, (query) => replay(query, caller, params.jobId));
      await queue([body]);
      return { status: 202, body };
    },
  });
}

/** DELETE …/dead-letters/:jobId: it will never be done. */
export function discardDeadLetter({ db }: Services) {
  return route({
    ...common,
    method: "delete",
    path,
    operationId: "discardDeadLetter",
    summary: "Forget a dead job",
    responses: { 204: { description: "It is forgotten." } },
    handle: async ({ params, identity, ...place }) => {
      const caller = { organisationId: place.organisationId, actorId: identity.subjectId };
      await change(db, place, (query) => discard(query, caller, params.jobId));
      return { status: 204 };
    },
  });
}
