import type { Permission } from "@purlin/kit/permissions";
import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import type { Caller } from "../caller.ts";
import type { GraphqlContext } from "./context.ts";
import type { Page, PageRequest } from "./child-pages.ts";

/** What belongs to an organisation, and knows which. */
export type In<T> = T & { organisationId: string };

type Resolver<P, R> = (parent: P, args: unknown, context: GraphqlContext) => R | Promise<R>;

/**
 * A field of what belongs to an organisation, for who has `permission` there. As on a route, that is asked before the
 * arguments are looked at.
 * @throws Problem not_found, forbidden; invalid_request with all that is wrong
 */
export function field<P extends In<object>, S extends z.ZodType, R>(
  permission: Permission,
  args: S,
  work: (parent: P, args: z.output<S>, context: GraphqlContext) => R | Promise<R>,
): Resolver<P, R> {
  return (parent, given, context) => {
    context.authorise(parent.organisationId, permission);
    return work(parent, check(args, given), context);
  };
}

/** A mutation, for who has `permission` in the organisation its arguments name. @throws as `field` does */
export function mutation<S extends z.ZodType, R>(
  permission: Permission,
  args: S,
  work: (caller: Caller, args: z.output<S>, context: GraphqlContext) => R | Promise<R>,
): Resolver<unknown, R> {
  return (_parent, given, context) => {
    const { organisationId } = check(z.looseObject({ organisationId: z.string() }), given);
    return work(context.authorise(organisationId, permission), check(args, given), context);
  };
}

function check<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  throw new Problem("invalid_request", { errors });
}

export const noArgs = z.object({});

/** Arguments of a connection. */
export const pageArgs = z.object({
  first: z.int().min(1).max(100),
  after: z.string().min(1).max(500).nullish(),
});

export function pageRequest({ first, after }: z.output<typeof pageArgs>): PageRequest {
  return { first, after: after ?? undefined };
}

/** A page as Relay's clients read it. */
export function connection<T extends object>(
  organisationId: string,
  { items, hasNext, cursorAt }: Page<T>,
  { after }: PageRequest,
) {
  const nodes = items.map((item): In<T> => ({ ...item, organisationId }));
  return {
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: cursorAt(index) })),
    pageInfo: {
      hasNextPage: hasNext,
      hasPreviousPage: after !== undefined,
      startCursor: cursorAt(0),
      endCursor: cursorAt(items.length - 1),
    },
  };
}

/** Undefined instead of a problem for what is not there: a field that finds nothing is null. */
export async function orNull<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Problem && error.code === "not_found") return undefined;
    throw error;
  }
}
