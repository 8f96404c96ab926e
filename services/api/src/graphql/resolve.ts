import { Problem } from "@purlin/kit/problems";
import { z } from "zod";
import type { GraphqlContext } from "./context.ts";
import type { Page, PageRequest } from "./child-pages.ts";

/** What belongs to an organisation, and knows which. */
export type In<T> = T & { organisationId: string };

export type Resolver<P, R> = (parent: P, args: unknown, context: GraphqlContext) => R | Promise<R>;

/**
 * A resolver whose arguments are checked by a zod schema, as a route's input is.
 * @throws Problem invalid_request with all that is wrong
 */
export function resolve<P, S extends z.ZodType, R>(
  args: S,
  work: (parent: P, args: z.output<S>, context: GraphqlContext) => R | Promise<R>,
): Resolver<P, R> {
  return (parent, given, context) => {
    const result = args.safeParse(given);
    if (result.success) return work(parent, result.data, context);
    const errors = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
    throw new Problem("invalid_request", { errors });
  };
}

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
