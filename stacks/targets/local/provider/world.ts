import { isAbsolute, relative } from "node:path";
import { ensureSupervisor, type SupervisorOptions } from "../supervisor/daemon.ts";
import type { PlatformUser } from "../user.ts";

/** Everything the kinds need to know of where they are. */
export interface World extends Omit<SupervisorOptions, "user" | "signal"> {
  user: PlatformUser;
  /** Folders with data are removed too: only `purlin destroy` says so. */
  removeData: boolean;
  /** Aborts when the engine cancels, or is gone. */
  signal: AbortSignal;
}

const inFlight = new Map<string, Promise<void>>();

/** Makes sure that the supervisor runs; calls at the same time share one attempt. */
export function supervised(world: World): Promise<void> {
  const { dir } = world.home;
  const attempt =
    inFlight.get(dir) ??
    ensureSupervisor({ ...world, user: world.user.name }).finally(() => {
      inFlight.delete(dir);
    });
  inFlight.set(dir, attempt);
  return attempt;
}

/** Refuses paths outside of the stack's home: nothing else is ours to write, give away or remove. */
export function demandInside(world: World, path: string): void {
  const inside = relative(world.home.dir, path);
  if (!isAbsolute(path) || inside === "" || isAbsolute(inside) || inside.split("/")[0] === "..") {
    throw new Error(`${path} is not inside the stack's home ${world.home.dir}`);
  }
}
