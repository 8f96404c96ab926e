import { z } from "zod";
import type { OutputValues } from "./engine.ts";

const schema = z.record(z.string(), z.json());

/** Outputs as plain JSON. */
export function outputValues(outputs: unknown): OutputValues {
  return schema.parse(outputs);
}
