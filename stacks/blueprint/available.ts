import { PurlinError } from "../../errors/purlin-error.ts";
import type { Blueprint } from "./blueprint.ts";

/** Refuses, by name, a stack whose target is not built yet: TARGET_UNAVAILABLE. For whatever would change or plan it. */
export function demandAvailable({ stack, target }: Blueprint): void {
  if (target !== "local") throw new PurlinError("TARGET_UNAVAILABLE", { stack, target });
}
