import { acknowledge, seenBy } from "./consistency.ts";
import type { Lsn } from "./lsn.ts";
import type { Query } from "./pool.ts";
import type { Database, ReadOptions } from "./postgres.ts";
import type { Request, Response } from "express";

/** Where a route reads and writes. */
interface Place {
  organisationId?: string | undefined;
  request: Request;
  response: Response;
}

/**
 * Changes something in the organisation, in one transaction, and tells the client where its write is; `committed` is
 * waited for in between.
 */
export async function change<T>(
  db: Database,
  place: Place,
  work: (query: Query) => Promise<T>,
  committed?: (lsn: Lsn) => Promise<void>,
): Promise<T> {
  const { value, lsn } = await db.write(work, { organisation: place.organisationId });
  await committed?.(lsn);
  acknowledge(place.response, lsn);
  return value;
}

/** Reads in the organisation what the client itself wrote, or later. */
export async function look<T>(
  db: Database,
  place: Place,
  work: (query: Query) => Promise<T>,
  options: Pick<ReadOptions, "quick"> = {},
): Promise<T> {
  const { organisationId: organisation, request, response } = place;
  const { value, servedBy } = await db.read(work, { organisation, after: seenBy(request), ...options });
  response.setHeader("x-served-by", servedBy);
  return value;
}
