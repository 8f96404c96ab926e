import { maxAliasesPlugin } from "@escape.tech/graphql-armor-max-aliases";
import { maxDepthPlugin } from "@escape.tech/graphql-armor-max-depth";
import { maxTokensPlugin } from "@escape.tech/graphql-armor-max-tokens";
import {
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  type ExecutionArgs,
  type ValidationContext,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { costOf } from "./cost.ts";
import { withoutSuggestions } from "./errors.ts";

export interface Limits {
  tokens: number;
  depth: number;
  aliases: number;
  /** Points, as cost.ts counts them. */
  cost: number;
}

/** Enough for a page that shows a project whole; far too little to hurt. */
export const limits: Limits = { tokens: 1500, depth: 10, aliases: 20, cost: 5000 };

/** Reported like any mistake in the document, instead of thrown in the middle of its validation. */
const reported = {
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
};

/** Bounds on what a document may be, before any of it is executed. */
export function limitDocuments({ tokens, depth, aliases }: Limits): Plugin[] {
  return [
    maxTokensPlugin({ n: tokens }),
    maxDepthPlugin({ n: depth, ...reported }),
    maxAliasesPlugin({ n: aliases, ...reported }),
  ];
}

/**
 * Bounds what an operation may make the API do, and counts it against the caller's allowance. `spend` gives the seconds
 * to wait when that is used up.
 */
export function limitCost<C extends Record<string, unknown>>(
  most: number,
  spend: (context: C, cost: number) => Promise<number | undefined>,
): Plugin<C> {
  return {
    onExecute: async ({ args, context, setResultAndStopExecution }) => {
      const execution: ExecutionArgs = args;
      const { schema, document, operationName, variableValues } = execution;
      const operation = getOperationAST(document, operationName);
      if (!operation) return; // the engine says so
      const cost = costOf(schema, document, operation, variableValues ?? {});
      const wait = cost > most ? undefined : await spend(context, cost);
      const refused = cost > most ? tooCostly(cost, most) : wait === undefined ? undefined : tooMany(wait);
      if (refused) setResultAndStopExecution({ errors: [refused] });
    },
  };
}

function tooCostly(cost: number, most: number): GraphQLError {
  const message = `The operation costs ${cost} points, of at most ${most}: ask for fewer fields or shorter pages.`;
  return new GraphQLError(message, { extensions: { code: "too_costly", cost, http: { status: 400, spec: true } } });
}

function tooMany(seconds: number): GraphQLError {
  const http = { status: 429, headers: { "retry-after": String(seconds) } };
  const message = `The points of this minute are spent; try again in ${seconds} s.`;
  return new GraphQLError(message, { extensions: { code: "too_many_requests", http } });
}

/** Keeps the schema from those it is not told to: neither asked for nor guessed. */
export function hideSchema(): Plugin {
  return {
    onValidate: ({ addValidationRule }) => {
      addValidationRule(NoSchemaIntrospectionCustomRule);
      return ({ result, setResult }) => {
        const errors: readonly Error[] = result;
        setResult(errors.map((error) => (error instanceof GraphQLError ? withoutSuggestions(error) : error)));
      };
    },
  };
}
