import type { Lsn } from "@purlin/kit/lsn";
import type { Query } from "@purlin/kit/pool";
import { change, look } from "@purlin/kit/run";
import type { Request, Response } from "express";
import type { Services } from "./services.ts";

/** Where a route of an organisation reads and writes. */
export interface Place {
  organisationId: string;
  request: Request;
  response: Response;
}

/** The cache's topic for everything of an organisation that is listed: any change in it outdates all of it at once. */
export function topicOf(organisationId: string): string {
  return `organisation:${organisationId}`;
}

/** Reads what the client itself wrote, or later. */
export function readIn<T>({ db }: Pick<Services, "db">, place: Place, work: (query: Query) => Promise<T>): Promise<T> {
  return look(db, place, work);
}

/** Finds something by its id: no less fresh, and in one round trip with what others ask at the same moment. */
export function findIn<T>({ db }: Pick<Services, "db">, place: Place, work: (query: Query) => Promise<T>): Promise<T> {
  return look(db, place, work, { quick: true });
}

/** Changes something in one transaction; once it is committed no list from before is given out any more. */
export async function writeIn<T>(
  { db, cache }: Pick<Services, "db" | "cache">,
  place: Place,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  return change(db, place, work, (lsn) => cache.invalidate(topicOf(place.organisationId), lsn));
}

/** As `writeIn`, for work whose position in the log is told later, or to nobody. */
export async function commitIn<T>(
  { db, cache }: Pick<Services, "db" | "cache">,
  organisationId: string,
  work: (query: Query) => Promise<T>,
): Promise<{ value: T; lsn: Lsn }> {
  const written = await db.write(work, { organisation: organisationId });
  await cache.invalidate(topicOf(organisationId), written.lsn);
  return written;
}
