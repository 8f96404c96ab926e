import type { Route } from "@purlin/kit/route";
import type { Services } from "../../services.ts";
import { getImport } from "./get-import.ts";
import { putImport } from "./put-import.ts";

export function importRoutes(services: Services): Route[] {
  return [putImport(services), getImport(services)];
}
