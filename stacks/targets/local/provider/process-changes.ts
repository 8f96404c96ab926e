import { isDeepStrictEqual } from "node:util";
import { key } from "../resources/change.ts";
import type { ProcessSpec } from "../supervisor/process-spec.ts";
import type { Change } from "./kind.ts";
import { memberChanges } from "./members.ts";

/** Differences of a spec by what they ask for; each list is in the order of the spec. */
export interface SpecChanges {
  restart: Change[];
  reload: Change[];
  /** Settings that only need to be written down. */
  record: Change[];
}

/** What it takes to get from the spec a process was started with to the wanted one. */
export function compareSpecs(found: ProcessSpec, wanted: ProcessSpec): SpecChanges {
  const differing = (properties: readonly (keyof ProcessSpec)[]): Change[] =>
    properties
      .filter((property) => !isDeepStrictEqual(found[property], wanted[property]))
      .map((property) => ({ key: key(property) }));

  return {
    restart: [
      ...differing(["command", "cwd", "stop"]),
      ...memberChanges("env", wanted.env, found.env),
      ...memberChanges("restartOn", wanted.restartOn, found.restartOn),
    ],
    reload: wanted.reload ? memberChanges("reload", wanted.reload.on, found.reload?.on) : [],
    record: [
      ...differing(["component", "ready", "leaves", "startTimeoutSeconds", "minReadySeconds", "level"]),
      ...(wanted.reload?.signal === found.reload?.signal ? [] : [{ key: key("reloadSignal") }]),
    ],
  };
}
