import type { Metrics } from "@purlin/kit/metrics";
import { Counter } from "prom-client";
import type { RevocationReason } from "./grants.ts";

export interface OidcMetrics {
  issued: (grantType: string) => void;
  refused: (error: string) => void;
  revoked: (reason: RevocationReason) => void;
  backchannelLogout: (result: "told" | "failed") => void;
}

/** The figures of the provider, in the registry of `metrics`. */
export function createOidcMetrics({ registry }: Metrics): OidcMetrics {
  const registers = [registry];
  const issued = new Counter({
    name: "auth_tokens_issued_total",
    help: "Successful answers of the token endpoint",
    labelNames: ["grant_type"],
    registers,
  });
  const refused = new Counter({
    name: "auth_token_requests_refused_total",
    help: "Token requests that were refused, by OAuth error",
    labelNames: ["error"],
    registers,
  });
  const reuse = new Counter({
    name: "auth_refresh_reuse_total",
    help: "Refresh tokens that came again after their use was over: two parties have them",
    registers,
  });
  const revoked = new Counter({
    name: "auth_grants_revoked_total",
    help: "Grants that became void, by reason",
    labelNames: ["reason"],
    registers,
  });
  const logouts = new Counter({
    name: "auth_backchannel_logouts_total",
    help: "Clients that were to be told of a sign-out",
    labelNames: ["result"],
    registers,
  });
  return {
    issued: (grantType) => issued.labels(grantType).inc(),
    refused: (error) => refused.labels(error).inc(),
    revoked: (reason) => {
      revoked.labels(reason).inc();
      if (reason === "refresh-token-reused") reuse.inc();
    },
    backchannelLogout: (result) => logouts.labels(result).inc(),
  };
}
