import { z } from "zod";
import type { Json, OutputValues } from "./engine.ts";

const schema = z.record(z.string(), z.json());

/** Marks special objects of the engine's protocol; those with a ciphertext are secrets, masked in events. */
const signature = "4dabf18193072939515e22adb298388d";

/** Outputs as plain JSON, masked secrets as `[secret]`. */
export function outputValues(outputs: unknown): OutputValues {
  return Object.fromEntries(Object.entries(schema.parse(outputs)).map(([name, value]) => [name, mask(value)]));
}

function mask(value: Json): Json {
  if (Array.isArray(value)) return value.map(mask);
  if (value === null || typeof value !== "object") return value;
  if (signature in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mask(inner)]));
}
