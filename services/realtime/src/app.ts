import { createApp as assemble, type AppOptions } from "@purlin/kit/http";

/** HTTP beside the sockets: the gateway's health check, and a problem for everything else. */
export function createApp(options: Pick<AppOptions, "logger" | "metrics" | "readiness">) {
  return assemble({ ...options, routes: [], jsonLimit: 1024 });
}
