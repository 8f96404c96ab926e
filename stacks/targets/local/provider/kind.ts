import type { z } from "zod";
import { key } from "../resources/change.ts";
import { hasUnknown } from "./values.ts";
import type { World } from "./world.ts";

/** One difference between what is wanted and what is there; `key` as in resources/change.ts. */
export interface Change {
  key: string;
  /** The resource must be deleted and made anew. */
  replaces?: boolean;
}

/** One instance, as the engine names it. */
interface Instance {
  id: string;
  name: string;
}

/**
 * A kind of resource. `apply` is both create and update: it adopts what exists, so that repeating it after any
 * interruption converges. Inputs are plain: secrets unwrapped, nothing unknown.
 */
export interface Kind<A> {
  schema: z.ZodType<A>;
  /** The physical name: the same inputs always give the same id. */
  id: (name: string, args: A) => string;
  /** Compares with reality; `olds` are the inputs of the last run that finished. */
  diff: (world: World, instance: Instance, args: A, olds: A | undefined) => Promise<Change[]>;
  /** @throws NotReady when something exists but does not work. */
  apply: (world: World, instance: Instance, args: A, olds: A | undefined) => Promise<void>;
  exists: (world: World, instance: Instance) => boolean;
  /** Succeeds on what is gone. `olds` is absent when the state is of an older format. */
  remove: (world: World, instance: Instance, olds: A | undefined) => Promise<void>;
  /** Upper bound of one operation. Operations have their own, shorter deadlines; this one is for what nobody thought of. */
  deadlineSeconds: (args: A | undefined) => number;
}

/** It exists, but is not healthy: the engine remembers it as unfinished, and the next run repairs it. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

/** A kind as the server uses it: the engine's untyped inputs in, everything checked. */
export type BoundKind = ReturnType<typeof bind>;

/** Puts the schema before every operation, and the deadline around it. */
export function bind<A>(kind: Kind<A>) {
  const parse = (inputs: unknown): A => kind.schema.parse(inputs);
  const parseOld = (inputs: unknown): A | undefined => kind.schema.safeParse(inputs).data;
  const within = <T>(world: World, args: A | undefined, work: (world: World) => Promise<T>): Promise<T> =>
    withDeadline(world, kind.deadlineSeconds(args), work);

  return {
    /** What is wrong with the inputs, without their values: they may be secret. */
    check(inputs: unknown): string[] {
      if (hasUnknown(inputs)) return [];
      const { error } = kind.schema.safeParse(inputs);
      return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
    },
    diff(world: World, instance: Instance, inputs: unknown, olds: unknown): Promise<Change[]> {
      if (hasUnknown(inputs)) return Promise.resolve(unknownMembers(inputs));
      const args = parse(inputs);
      return within(world, args, (inner) => kind.diff(inner, instance, args, parseOld(olds)));
    },
    id: (name: string, inputs: unknown): string => kind.id(name, parse(inputs)),
    apply(world: World, instance: Instance, inputs: unknown, olds: unknown): Promise<void> {
      const args = parse(inputs);
      return within(world, args, (inner) => kind.apply(inner, instance, args, parseOld(olds)));
    },
    exists: kind.exists,
    remove(world: World, instance: Instance, olds: unknown): Promise<void> {
      const args = parseOld(olds);
      return within(world, args, (inner) => kind.remove(inner, instance, args));
    },
  };
}

function unknownMembers(inputs: unknown): Change[] {
  const entries = typeof inputs === "object" && inputs !== null ? Object.entries(inputs) : [];
  return entries.filter(([, value]) => hasUnknown(value)).map(([name]) => ({ key: key(name) }));
}

/** Time for work that was told to stop to end what it started. */
const graceMs = 5000;

/** Work ends by itself when told to; what does not, is left behind after a grace. */
async function withDeadline<T>(world: World, seconds: number, work: (world: World) => Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = AbortSignal.any([world.signal, deadline]);
  const reason = (): Error => new Error(world.signal.aborted ? "cancelled" : `not finished after ${seconds} s`);
  let giveUp: NodeJS.Timeout | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => (giveUp = setTimeout(() => reject(reason()), graceMs)));
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work({ ...world, signal }), abandoned]);
  } catch (error) {
    throw signal.aborted && error === signal.reason ? reason() : error;
  } finally {
    clearTimeout(giveUp);
  }
}
