import { allNeeds } from "../../graph/needs.ts";
import type { Finding, Path } from "../problem.ts";
import { hint } from "../suggest.ts";
import { claimsOn, type Rule } from "./rule.ts";

/** Whatever is needed is part of the platform. */
export const needsArePresent: Rule = ({ specs, declared }) =>
  allNeeds(specs)
    .filter(({ on }) => !declared.includes(on))
    .map(({ consumer, on }) => ({
      path: specs.services?.[consumer] ? ["services", consumer, "needs", on] : [consumer],
      message: `needs ${on}, which is not part of this platform; add a ${on} section`,
    }));

/** Databases that are used are declared. */
export const databasesExist: Rule = ({ specs }) => {
  if (!specs.postgres) return [];
  const known = Object.keys(specs.postgres.databases);
  const claimed = claimsOn("postgres", specs).map(({ path, claim }) => ({
    path: [...path, "database"],
    name: claim.database,
  }));
  const own = specs.mindsdb ? [{ path: ["mindsdb", "database"], name: specs.mindsdb.database }] : [];
  return unknown([...claimed, ...own], known, "postgres.databases");
};

/** Buckets that are used are declared. */
export const bucketsExist: Rule = ({ specs }) => {
  if (!specs.storage) return [];
  const claimed = claimsOn("storage", specs).map(({ path, claim }) => ({
    path: [...path, "bucket"],
    name: claim.bucket,
  }));
  return unknown(claimed, Object.keys(specs.storage.buckets), "storage.buckets");
};

/** A service claims a thing once: two claims on one database would be two answers to which rights it has. */
export const claimsAreDistinct: Rule = ({ specs }) => [
  ...repeated(claimsOn("postgres", specs).map(({ path, claim }) => ({ path, name: claim.database }))),
  ...repeated(claimsOn("redis", specs).map(({ path, claim }) => ({ path, name: claim.instance }))),
  ...repeated(claimsOn("storage", specs).map(({ path, claim }) => ({ path, name: claim.bucket }))),
];

interface Named {
  path: Path;
  name: string;
}

function unknown(named: readonly Named[], known: string[], section: string): Finding[] {
  return named
    .filter(({ name }) => !known.includes(name))
    .map(({ path, name }) => ({
      path,
      message: `"${name}" is not in ${section}; ${hint(name, known, "known there")}`,
    }));
}

function repeated(claims: readonly Named[]): Finding[] {
  const seen = new Set<string>();
  return claims.flatMap(({ path, name }) => {
    const key = JSON.stringify([path[1], name]);
    const again = seen.has(key);
    seen.add(key);
    return again ? [{ path, message: `claims "${name}" a second time; keep one claim` }] : [];
  });
}
