import type { Permission } from "./permissions.ts";

/** Who sends a request, once that is proven. */
export interface Identity {
  /** Subject id (access.subjects). */
  subjectId: string;
  kind: "user" | "service";
  /** How it was proven. A key is bound to one organisation and to the permissions it was made with. */
  via: "token" | "api-key";
  /** OAuth client the token was issued to; absent for an API key. */
  clientId?: string;
  /** Sign-in session the token belongs to, where it has one. */
  sessionId?: string;
  /** Seconds since 1970 after which the credential itself is no longer good. */
  expiresAt: number;
  /** Whether the credential gives less than its subject has: an API key, or a token for single permissions only. */
  restricted: boolean;
  /** What this identity may do, by organisation id. An organisation that is not here does not exist for it. */
  organisations: ReadonlyMap<string, ReadonlySet<Permission>>;
}

/** What of a request proves who sends it: headers, and for DPoP (RFC 9449) the method and URL. */
export interface Credentials {
  authorization: string | undefined;
  dpop: string | undefined;
  method: string;
  /** As the client wrote it: scheme, host and path behind the gateway. */
  url: string;
}

export interface Authenticator {
  /**
   * Who sends this. Rights are at most a second old.
   * @throws Problem unauthorized (with the `www-authenticate` that RFC 6750 asks for), unavailable when that cannot be found out now.
   */
  authenticate: (credentials: Credentials) => Promise<Identity>;
  /**
   * The same identity with the rights it has now, at most `maxAge` milliseconds ago (half a second, if not said);
   * undefined when it was signed out, disabled or removed since, or its credential expired. `identity` is one that
   * `authenticate` or this gave. For long-lived connections.
   */
  refresh: (identity: Identity, maxAge?: number) => Promise<Identity | undefined>;
}
