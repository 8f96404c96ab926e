import { z } from "zod";
import { command, count, envName, folder, mapping, name, routePath, seconds } from "../../blueprint/fields.ts";
import type { Claimable, ClaimSchemas } from "../component.ts";
import type { ServicesSpec } from "./outputs.ts";

/** The claims schemas of all claimable components, by kind. */
export function claimSchemas(claimable: Claimable): ClaimSchemas {
  const schemas: [string, z.ZodType][] = Object.values(claimable).flatMap(({ kind, claims }) =>
    claims ? [[kind, claims]] : [],
  );
  return Object.fromEntries(schemas) as ClaimSchemas; // a mapped type cannot be built key by key; its keys are those of `claimable`
}

/** The schema of `services`; `needs.<kind>` takes what each claimable component's own claims schema takes. */
export function servicesSpec(claims: ClaimSchemas): z.ZodType<ServicesSpec> {
  const service = z.strictObject({
    path: folder().describe("Folder of the service, relative to purlin.yaml."),
    command: command().describe("Program and arguments, run in `path`; `node` is the platform's own Node.js."),
    migrate: command().optional().describe("Run once before new instances start, with the database owner's login."),
    instances: count({ min: 0, max: 32 }).default(1).describe("Processes to run."),
    route: z
      .strictObject({
        path: routePath().describe("Path prefix whose requests come here; the longest match wins."),
        stripPrefix: z.boolean().default(false).describe("Remove the prefix before the request reaches the service."),
        sticky: z.boolean().default(false).describe("Keep a client on one instance, by cookie."),
        page: routePath()
          .optional()
          .describe("Path below it of the page `purlin open` shows; absent: the path itself."),
      })
      .optional()
      .describe("Absent for a worker: no port, no route."),
    needs: z
      .strictObject(claims)
      .partial()
      .prefault({})
      .describe("What it uses; each becomes a login and environment."),
    env: mapping(envName(), z.string()).default({}).describe("Further environment, as text."),
    keys: mapping(envName(), name("key"))
      .default({})
      .describe(
        "Environment with keys the stack makes, by name: 32 random bytes in base64. The same name is the same key.",
      ),
    stopTimeout: seconds({ min: 1, max: 600 })
      .default(20)
      .describe("Seconds an instance may take to finish its requests after SIGTERM."),
  });
  return mapping(name("service", { max: 20 }), service).describe("HTTP services and workers, by name.");
}
