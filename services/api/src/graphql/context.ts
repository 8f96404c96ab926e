import type { Identity } from "@purlin/kit/identity";
import { latest, type Lsn } from "@purlin/kit/lsn";
import type { Permission } from "@purlin/kit/permissions";
import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { callerOf, type Caller } from "../caller.ts";
import { commitIn } from "../place.ts";
import type { Services } from "../services.ts";
import { createLoaders, type Loaders } from "./loaders.ts";

/** What the resolvers of one request share. */
export interface GraphqlContext extends Record<string, unknown> {
  services: Services;
  identity: Identity;
  /** The caller in an organisation, once it is found to have the permission. @throws Problem not_found, forbidden */
  authorise: (organisationId: string, permission: Permission) => Caller;
  /** Reads the organisation's rows, no older than what this client and this request have written. */
  read: <T>(organisationId: string, work: (query: Query) => Promise<T>) => Promise<T>;
  /** Changes something in one transaction; what is read after it, in this request too, sees it. */
  write: <T>(organisationId: string, work: (query: Query) => Promise<T>) => Promise<T>;
  /** Notes a write that was made elsewhere. */
  wrote: (lsn: Lsn) => void;
  /** Position of the latest write of this request. */
  written: () => Lsn | undefined;
  loaders: (organisationId: string) => Loaders;
}

/** `seen`: the position the client must not fall behind. */
export function createContext(services: Services, identity: Identity, seen: Lsn | undefined): GraphqlContext {
  let written: Lsn | undefined;
  let loaders = new Map<string, Loaders>();
  const wrote = (lsn: Lsn) => {
    written = latest(written, lsn);
    loaders = new Map(); // what they remember is from before
  };
  const read = async <T>(organisationId: string, work: (query: Query) => Promise<T>) => {
    const options = { organisation: organisationId, after: latest(seen, written) };
    return (await services.db.read(work, options)).value;
  };
  return {
    services,
    identity,
    authorise: (organisationId, permission) => authorise(identity, organisationId, permission),
    read,
    write: async (organisationId, work) => {
      const { value, lsn } = await commitIn(services, organisationId, work);
      wrote(lsn);
      return value;
    },
    wrote,
    written: () => written,
    loaders: (organisationId) => {
      const known = loaders.get(organisationId) ?? createLoaders((work) => read(organisationId, work));
      loaders.set(organisationId, known);
      return known;
    },
  };
}

/** As kit/authorise.ts does for a route, for a field. */
function authorise(identity: Identity, organisationId: string, permission: Permission): Caller {
  const granted = identity.organisations.get(organisationId);
  if (!granted) throw new Problem("not_found", { detail: "there is no such organisation" });
  if (!granted.has(permission)) throw new Problem("forbidden", { detail: `this needs the permission ${permission}` });
  return callerOf(identity, organisationId);
}
