import type { JWTPayload } from "jose";
import { z } from "zod";
import type { Credential } from "./access-credential.ts";
import type { ExternalProfile } from "./access-external.ts";
import type { ExternalIssuer } from "./authenticator-settings.ts";
import { isPermission, type Permission } from "./permissions.ts";

/** Claims every token must have; those of RFC 9068 section 2.2 for our own. */
export const requiredClaims = {
  own: ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"],
  external: ["iss", "sub", "aud", "exp", "iat"],
};

/** A token bound in a way we cannot check must not pass as one that is not bound. */
const confirmation = z.strictObject({ jkt: z.string() }).optional();

const own = z.object({
  sub: z.uuid(),
  client_id: z.string(),
  scope: z.string().default(""),
  sid: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
  cnf: confirmation,
});

const external = z.object({ sub: z.string().min(1).max(255), iat: z.number(), exp: z.number(), cnf: confirmation });

/** This scope stands for everything the subject may do. */
const everything = "platform";

/** What a verified token of our own says. @throws ZodError */
export function ownCredential(payload: JWTPayload): Credential {
  const claims = own.parse(payload);
  const scopes = claims.scope.split(" ");
  return {
    subjectId: claims.sub,
    clientId: claims.client_id,
    ...(claims.sid !== undefined && { sessionId: claims.sid }),
    ...(!scopes.includes(everything) && { permissions: new Set(scopes.filter(isPermission)) }),
    ...common(claims),
  };
}

/** What a verified token of another issuer says: the credential without its subject, which is still to be found. @throws ZodError */
export function externalCredential(
  payload: JWTPayload,
  { claims: names }: ExternalIssuer,
): { externalId: string; profile: ExternalProfile; credential: Omit<Credential, "subjectId"> } {
  const claims = external.parse(payload);
  const email = text(payload[names.email]);
  const verified = payload[names.emailVerified] === true;
  return {
    externalId: claims.sub,
    profile: { name: text(payload[names.name]) ?? "Someone", email: verified ? email?.toLowerCase() : undefined },
    credential: {
      ...(names.permissions !== undefined && { permissions: permissionsIn(payload[names.permissions]) }),
      ...common(claims),
    },
  };
}

function common({ iat, exp, cnf }: { iat: number; exp: number; cnf?: { jkt: string } | undefined }) {
  return {
    via: "token" as const,
    issuedAt: iat,
    expiresAt: exp,
    ...(cnf && { keyThumbprint: cnf.jkt }),
  };
}

function permissionsIn(claim: unknown): Set<Permission> {
  const names = z.array(z.string()).safeParse(claim);
  return new Set(names.success ? names.data.filter(isPermission) : []);
}

function text(claim: unknown): string | undefined {
  return typeof claim === "string" && claim !== "" && claim.length <= 200 ? claim : undefined;
}
