import { acknowledge, seenBy } from "@purlin/kit/consistency";
import type { Query } from "@purlin/kit/pool";
import type { Database } from "@purlin/kit/postgres";
import type { Request, Response } from "express";

/** Where a route reads and writes. */
interface Place {
  organisationId?: string | undefined;
  request: Request;
  response: Response;
}

/** Changes something in the organisation, in one transaction, and tells the client where its write is. */
export async function change<T>(app: Database, place: Place, work: (query: Query) => Promise<T>): Promise<T> {
  const { value, lsn } = await app.write(work, { organisation: place.organisationId });
  acknowledge(place.response, lsn);
  return value;
}

/** Reads in the organisation what the client itself wrote, or later. */
export async function look<T>(app: Database, place: Place, work: (query: Query) => Promise<T>): Promise<T> {
  const { organisationId: organisation, request, response } = place;
  const { value, servedBy } = await app.read(work, { organisation, after: seenBy(request) });
  response.setHeader("x-served-by", servedBy);
  return value;
}
