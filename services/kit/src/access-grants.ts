import { z } from "zod";
import { createFreshCache, type FreshCache } from "./access-fresh.ts";
import { createAccessQuestion, type AccessQuery } from "./access-read.ts";
import { builtInRoles, isBuiltInRole, isPermission, type Permission } from "./permissions.ts";

/** What a subject may do, whatever credential it shows. The same object as long as nothing changes. */
export interface Grants {
  kind: "user" | "service";
  disabled: boolean;
  /** Seconds since 1970; tokens issued before are void. */
  tokensValidFrom: number;
  revokedSessions: ReadonlySet<string>;
  organisations: ReadonlyMap<string, ReadonlySet<Permission>>;
  /** The answer it was made of. */
  text: string;
}

const answer = z.object({
  kind: z.enum(["user", "service"]),
  disabled: z.boolean(),
  tokensValidFrom: z.number(),
  revokedSessions: z.array(z.string()),
  organisations: z.array(z.object({ id: z.string(), role: z.string(), permissions: z.array(z.string()).nullable() })),
});

const builtIn = Object.fromEntries(
  Object.entries(builtInRoles).map(([role, permissions]) => [role, new Set<Permission>(permissions)]),
);

/** Grants by subject id, at most half a second old. */
export function createGrants(query: AccessQuery): FreshCache<Grants> {
  const ask = createAccessQuestion(
    query,
    "SELECT key, access.grants_of(key::uuid)::text AS answer FROM unnest($1::text[]) AS key",
  );
  return createFreshCache<Grants>(async (subjectId, known) => {
    const text = await ask(subjectId);
    if (text === undefined) return undefined;
    return text === known?.text ? known : parseGrants(text);
  });
}

function parseGrants(text: string): Grants {
  const { kind, disabled, tokensValidFrom, revokedSessions, organisations } = answer.parse(JSON.parse(text));
  return {
    kind,
    disabled,
    tokensValidFrom,
    revokedSessions: new Set(revokedSessions),
    organisations: new Map(organisations.map(({ id, role, permissions }) => [id, permissionsOf(role, permissions)])),
    text,
  };
}

/** A role that is not there any more gives nothing; its members stay members. */
function permissionsOf(role: string, own: string[] | null): ReadonlySet<Permission> {
  if (own) return new Set(own.filter(isPermission));
  return (isBuiltInRole(role) ? builtIn[role] : undefined) ?? new Set();
}
