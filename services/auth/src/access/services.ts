import type { AccountServices } from "../accounts/services.ts";

/** What managing organisations works with: `app` has them, `db` the mails that invite people. */
export type AccessServices = Pick<AccountServices, "app" | "db" | "vault" | "brand" | "link">;
