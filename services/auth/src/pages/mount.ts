import type { Express } from "express";
import { pageCookie } from "./cookies.ts";
import { createPages } from "./router.ts";
import type { PageServices } from "./services.ts";

export type PagesOptions = Omit<PageServices, "deviceCookie" | "returnCookie">;

/** Puts the pages at the root of `app`, which the gateway shows below the issuer's path. */
export function mountPages(app: Express, services: PagesOptions): void {
  const deviceCookie = pageCookie("__Secure-device", services.issuer);
  const returnCookie = pageCookie("__Secure-return", services.issuer);
  app.use(createPages({ ...services, deviceCookie, returnCookie }, services.accounts.logger));
}
