import type { Grants } from "./access-grants.ts";
import type { Identity } from "./identity.ts";
import type { Permission } from "./permissions.ts";

/** What a token or key that was found to be genuine says. Whether it still counts is for the subject's grants to say. */
export interface Credential {
  subjectId: string;
  via: Identity["via"];
  clientId?: string;
  sessionId?: string;
  /** Seconds since 1970; infinite for a key, which has a revocation of its own. */
  issuedAt: number;
  expiresAt: number;
  /** At most these permissions; undefined: all the subject has. */
  permissions?: ReadonlySet<Permission>;
  /** Of an API key: the one organisation it is good for, and the sha256 it is found by. */
  organisationId?: string;
  keyDigest?: string;
  /** Thumbprint of the key whose holder alone may use it (RFC 9449). */
  keyThumbprint?: string;
}

/** The identity of `credential` under `grants`; undefined when its subject was disabled or signed out, or the credential expired. */
export function identityOf(credential: Credential, grants: Grants): Identity | undefined {
  const { sessionId, clientId } = credential;
  if (grants.disabled || credential.issuedAt < grants.tokensValidFrom) return undefined;
  if (sessionId !== undefined && grants.revokedSessions.has(sessionId)) return undefined;
  return {
    subjectId: credential.subjectId,
    kind: grants.kind,
    via: credential.via,
    ...(clientId !== undefined && { clientId }),
    ...(sessionId !== undefined && { sessionId }),
    expiresAt: credential.expiresAt,
    restricted: credential.permissions !== undefined,
    organisations: organisationsOf(credential, grants),
  };
}

function organisationsOf({ permissions, organisationId }: Credential, { organisations }: Grants) {
  if (!permissions && organisationId === undefined) return organisations;
  const all = [...organisations].filter(([id]) => organisationId === undefined || id === organisationId);
  return new Map(all.map(([id, granted]) => [id, permissions ? common(granted, permissions) : granted]));
}

function common<T>(one: ReadonlySet<T>, other: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...one].filter((item) => other.has(item)));
}
