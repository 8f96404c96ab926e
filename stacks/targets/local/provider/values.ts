import { z } from "zod";

/*
 * Values as the engine sends them. Secrets and unknowns are marked inside plain JSON; see "Values" of the provider
 * protocol (sdk/go/common/resource/plugin/rpc.go). Secrets are unwrapped here, at the edge; what goes back to the engine is
 * always the message it sent, so that every secret stays marked.
 */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const secretSchema = z.object({ [signatureKey]: z.literal(secretSignature), value: z.unknown() });

/** The value with every secret in it, at any depth, replaced by its plain content. */
export function unwrap(value: unknown): unknown {
  const secret = secretSchema.safeParse(value);
  if (secret.success) return unwrap(secret.data.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unwrap(member)]));
}

/** Every text inside that is marked secret, at any depth. */
export function secretsIn(value: unknown): string[] {
  const secret = secretSchema.safeParse(value);
  if (secret.success) return textsIn(unwrap(secret.data.value));
  return membersOf(value).flatMap(secretsIn);
}

function textsIn(value: unknown): string[] {
  return typeof value === "string" ? [value] : membersOf(value).flatMap(textsIn);
}

function membersOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** Whether anything inside is known only after the run: only previews have such values. */
export function hasUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}
