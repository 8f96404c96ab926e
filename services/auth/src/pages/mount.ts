import type { Express } from "express";
import { pageCookie } from "./cookies.ts";
import { createPages } from "./router.ts";
import type { PageServices } from "./services.ts";

export interface PagesOptions extends Omit<PageServices, "deviceCookie" | "returnCookie"> {
  /** Where people reach this service, with its path. */
  issuer: string;
}

/** Puts the pages at the root of `app`, which the gateway shows below the issuer's path. */
export function mountPages(app: Express, { issuer, ...services }: PagesOptions): void {
  const deviceCookie = pageCookie("__Secure-device", issuer);
  const returnCookie = pageCookie("__Secure-return", issuer);
  app.use(createPages({ ...services, deviceCookie, returnCookie }, services.accounts.logger));
}
