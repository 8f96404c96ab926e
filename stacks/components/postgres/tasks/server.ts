import { z } from "zod";
import type { Server } from "./connect.ts";

/** A server in the input of a task. */
export const server = z.strictObject({
  port: z.number(),
  user: z.string(),
  password: z.string(),
  caFile: z.string(),
}) satisfies z.ZodType<Server>;
