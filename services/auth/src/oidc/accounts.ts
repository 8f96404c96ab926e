import type { Query } from "@purlin/kit/pool";
/** A person as clients may see them (OpenID Connect Core, 5.1). */
export interface Account {
  /** uuid; `sub` of every token. */
  id: string;
  /** Confirmed by its owner; absent where none is known. */
  email: string | undefined;
  name: string;
}

/** What the provider and federation ask of accounts. */
export interface AccountSource {
  /** Undefined for one that is deleted or may not sign in any more: its tokens are no longer renewed. */
  find: (id: string) => Promise<Account | undefined>;
  /** The account with this confirmed address. */
  findByEmail: (email: string) => Promise<Account | undefined>;
  /**
   * Makes an account for somebody an external provider vouches for, in the transaction of `query`. `email` is one the provider
   * has verified. Resolves undefined when an account has the address already: it must not be taken over.
   */
  createExternal: (query: Query, person: { email: string | undefined; name: string }) => Promise<Account | undefined>;
  /** Tells the services and the audit log of an account that was made. */
  introduce: (account: Account) => Promise<void>;
}
