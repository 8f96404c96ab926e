import type { Authenticator } from "@purlin/kit/identity";
import type { AccountServices } from "../accounts/services.ts";

/** What managing organisations works with: `app` has them, `db` the mails that invite people. */
export interface AccessServices extends Pick<AccountServices, "app" | "db" | "vault" | "brand" | "link"> {
  authenticator: Pick<Authenticator, "refresh">;
}
