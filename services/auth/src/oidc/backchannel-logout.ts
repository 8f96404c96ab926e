import type { Logger } from "@purlin/kit/logger";
import type { ClientAuthorizationState } from "oidc-provider";
import type { CurrentProvider } from "./current-provider.ts";
import type { OidcMetrics } from "./metrics.ts";

declare module "oidc-provider" {
  interface Client {
    /** What the sign-out endpoint calls; its types leave it out. */
    backchannelLogout(sub: string, sid: string): Promise<void>;
  }
}

/**
 * Tells the clients of a session that it is over (OpenID Connect Back-Channel Logout 1.0). A client that cannot be reached
 * within seconds is not waited for: its tokens are void all the same. Never throws.
 */
export type BackchannelLogout = (
  accountId: string,
  authorizations: Record<string, ClientAuthorizationState>,
) => Promise<void>;

export function createBackchannelLogout(
  current: CurrentProvider,
  logger: Logger,
  metrics: OidcMetrics,
): BackchannelLogout {
  const tell = async (accountId: string, clientId: string, sid: string) => {
    try {
      const client = await (await current.get()).Client.find(clientId);
      if (client?.backchannelLogoutUri === undefined) return;
      await client.backchannelLogout(accountId, sid);
      metrics.backchannelLogout("told");
    } catch (error) {
      metrics.backchannelLogout("failed");
      logger.warn({ err: error, client: clientId }, "a client was not told of a sign-out");
    }
  };
  return async (accountId, authorizations) => {
    await Promise.all(
      Object.entries(authorizations).flatMap(([clientId, { sid }]) =>
        sid === undefined ? [] : [tell(accountId, clientId, sid)],
      ),
    );
  };
}
