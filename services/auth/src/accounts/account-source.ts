import type { Account, AccountSource } from "../oidc/accounts.ts";
import { emailKey } from "./email.ts";
import { record } from "./journal.ts";
import type { AccountServices } from "./services.ts";
import { tellSubject } from "./subjects.ts";
import { createUser, findUser, findUserByEmail, type User } from "./users.ts";

/** Accounts as the provider and federation see them. */
export function createAccountSource(services: AccountServices): AccountSource {
  const { db, app } = services;
  return {
    find: async (id) => {
      const user = await findUser(db.readPrimary, id);
      return user && !(await isDisabled(app, id)) ? toAccount(user) : undefined;
    },
    findByEmail: async (email) => {
      const user = await findUserByEmail(db.readPrimary, emailKey(email) ?? email);
      return user && toAccount(user);
    },
    createExternal: async (query, { email, name }) => {
      const key = email === undefined ? undefined : emailKey(email);
      const user = await createUser(query, { email, emailKey: key, displayName: name });
      return user && toAccount(user);
    },
    introduce: async ({ id }) => {
      await record(services, { action: "user.created", userId: id, details: { by: "external provider" } });
      await tellSubject(services, id);
    },
  };
}

async function isDisabled(app: AccountServices["app"], id: string): Promise<boolean> {
  const [disabled] = await app.readPrimary("SELECT FROM access.subjects WHERE id = $1 AND disabled_at IS NOT NULL", [
    id,
  ]);
  return disabled !== undefined;
}

function toAccount({ id, email, displayName }: User): Account {
  return { id, email, name: displayName };
}
