import { z } from "zod";

/** A Probe after the engine resolved its inputs and secrets were unwrapped; kept in process.json. */
export const probeSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    url: z.string(),
    caFile: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    status: z.array(z.number()).optional(),
  }),
  z.strictObject({ kind: z.literal("tcp"), host: z.string(), port: z.number() }),
  z.strictObject({
    kind: z.literal("postgres"),
    host: z.string(),
    port: z.number(),
    user: z.string(),
    password: z.string(),
    database: z.string(),
    caFile: z.string().optional(),
    role: z.enum(["primary", "replica"]).optional(),
  }),
  z.strictObject({
    kind: z.literal("redis"),
    host: z.string(),
    port: z.number(),
    user: z.string().optional(),
    password: z.string(),
  }),
]);

export type ProbeSpec = z.infer<typeof probeSchema>;
export type ProbeOf<K extends ProbeSpec["kind"]> = Extract<ProbeSpec, { kind: K }>;
