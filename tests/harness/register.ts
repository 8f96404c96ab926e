import { runtime } from "@pulumi/pulumi";

/** A resource as the engine would be asked for it, its secrets in the clear. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** Runs a program against a mocked engine; what it registered, dependencies before dependents. */
export async function register<Result>(program: () => Result): Promise<{ result: Result; resources: Registered[] }> {
  const resources: Registered[] = [];
  await runtime.setMocks({
    call: () => ({}),
    newResource: ({ type, name, inputs }) => {
      const plain: unknown = unwrapped(inputs);
      if (isRecord(plain)) resources.push({ type, name, inputs: plain });
      return { id: name, state: {} };
    },
  });
  const result = program();
  await runtime.disconnect(); // waits for what is still being registered
  return { result, resources };
}

const signature = "4dabf18193072939515e22adb298388d"; // marks special objects of the engine's protocol

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (!isRecord(value)) return value;
  if (signature in value) return unwrapped(value["value"]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
