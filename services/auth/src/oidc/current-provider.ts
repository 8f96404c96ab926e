import type { Database } from "@purlin/kit/postgres";
import type { Logger } from "@purlin/kit/logger";
import type { Provider } from "oidc-provider";
import { loadKeys, type ProviderKeys, type keyPolicies } from "../keys/provider-keys.ts";

export interface CurrentProvider {
  /** The provider with the keys of now. @throws when it has none yet and the database cannot be asked */
  get: () => Promise<Provider>;
  /** Looks whether there are other keys. */
  refresh: () => Promise<void>;
}

export interface CurrentProviderOptions {
  db: Database;
  secret: Buffer;
  policies: ReturnType<typeof keyPolicies>;
  logger: Logger;
  create: (keys: ProviderKeys) => Provider;
}

/** A provider is made with its keys: when they change another takes its place, and requests under way keep theirs. */
export function createCurrentProvider({
  db,
  secret,
  policies,
  logger,
  create,
}: CurrentProviderOptions): CurrentProvider {
  let current: { version: string; provider: Provider } | undefined;
  let loading: Promise<Provider> | undefined;

  const load = async (): Promise<Provider> => {
    const keys = await loadKeys(db, secret, policies);
    if (current?.version === keys.version) return current.provider;
    if (current) logger.info({ keys: keys.version }, "the keys have changed");
    current = { version: keys.version, provider: create(keys) };
    return current.provider;
  };
  const loadOnce = () => (loading ??= load().finally(() => (loading = undefined)));

  return {
    get: () => (current ? Promise.resolve(current.provider) : loadOnce()),
    refresh: async () => {
      await loadOnce();
    },
  };
}
