import type { Configuration } from "oidc-provider";

const minute = 60;
const day = 86_400;

/** Seconds an access token is good for, unless it is revoked before. */
export const accessTokenLifetime = 5 * minute;

/** Idle and absolute limits, in seconds (OWASP ASVS 5.0, 7.3): a session or token that is used lives on, but not for ever. */
const session = { idle: 14 * day, absolute: 30 * day };
const refreshToken = { idle: 14 * day, absolute: 90 * day };

/** Seconds that things of the provider live. */
export const lifetimes = {
  AccessToken: accessTokenLifetime,
  ClientCredentials: accessTokenLifetime,
  IdToken: accessTokenLifetime,
  AuthorizationCode: minute,
  DeviceCode: 10 * minute,
  Interaction: 60 * minute,
  Grant: refreshToken.absolute,
  Session: (_context, { loginTs }) => remaining(session, loginTs),
  RefreshToken: (_context, { iiat }) => remaining(refreshToken, iiat),
} satisfies Configuration["ttl"];

/** `since`: seconds since 1970 of the sign-in; absent where nobody has signed in yet. */
function remaining({ idle, absolute }: { idle: number; absolute: number }, since: number | undefined): number {
  const now = Math.floor(Date.now() / 1000);
  return Math.max(1, Math.min(idle, (since ?? now) + absolute - now));
}
