import { z } from "zod";
import { components, kinds } from "../components/index.ts";
import { pluck } from "../components/pluck.ts";
import { mapping, name } from "./fields.ts";

const backend = () => z.string().min(1).optional();

const stack = z.strictObject({
  target: z.enum(["local", "kubernetes", "aws"]).describe("Where the stack runs."),
  set: z
    .partialRecord(z.enum(kinds), z.unknown())
    .default({})
    .describe("Laid over the sections of this file, key by key; lists are replaced, null takes a key away."),
  backend: backend().describe("Pulumi backend URL of this stack, instead of the file's own."),
});

/** What a file says beside its sections. */
export const headSchema = z.strictObject({
  name: name("project").describe("Name of the product; part of the names of everything that is made."),
  backend: backend().describe("Pulumi backend URL, like s3://bucket; absent: files in the data home."),
  stacks: mapping(name("stack", { max: 20 }), stack)
    .refine((stacks) => Object.keys(stacks).length > 0, "name at least one stack, like dev: { target: local }")
    .prefault({ dev: { target: "local" } })
    .describe("Copies of the platform, each with its target and differences. The default one is dev, else the first."),
});

/** The components' sections. An absent one is a component that is not built. */
export const sectionsSchema = z.strictObject(pluck(components, "spec")).exactPartial();

/** A whole file, as editors and people see it. */
export const fileSchema = headSchema.extend(sectionsSchema.shape);
