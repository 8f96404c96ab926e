import { GraphQLScalarType } from "graphql";
import { createSchema } from "graphql-yoga";
import type { GraphqlContext } from "./context.ts";
import {
  activityFields,
  attachmentFields,
  commentFields,
  personFields,
  projectFields,
  taskFields,
} from "./item-fields.ts";
import { mutations } from "./mutations.ts";
import { organisationFields } from "./organisation-fields.ts";
import { readTypes } from "./read-types.ts";
import { writeTypes } from "./write-types.ts";

const scalar = (name: string, serialize: (value: unknown) => unknown) => new GraphQLScalarType({ name, serialize });

/** The schema with what answers each field; a field without an entry is the property of its name. */
export const schema = createSchema<GraphqlContext>({
  typeDefs: [readTypes, writeTypes],
  resolvers: {
    DateTime: scalar("DateTime", (value) => (value instanceof Date ? value.toISOString() : value)),
    Date: scalar("Date", (value) => value),
    JSON: scalar("JSON", (value) => value),
    Query: {
      me: (_parent: unknown, _args: unknown, { identity }: GraphqlContext) => ({
        id: identity.subjectId,
        organisations: [...identity.organisations.keys()].map((organisationId) => ({ organisationId })),
      }),
      organisation: (_parent: unknown, { id }: { id: string }, context: GraphqlContext) => {
        context.authorise(id, "organisation:read");
        return { organisationId: id };
      },
    },
    Mutation: mutations,
    Organisation: organisationFields,
    Project: projectFields,
    Task: taskFields,
    Comment: commentFields,
    Attachment: attachmentFields,
    Activity: activityFields,
    Person: personFields,
  },
});
