import type { Query } from "@purlin/kit/pool";
import { enqueue } from "../mail/outbox.ts";
import type { AccountServices } from "./services.ts";
import type { User } from "./users.ts";

/** Hours after which it is no news any more. */
const lifetime = 72;

/** Tells the account's owner by mail what was done to it ("your password was changed"), in the transaction of doing it. */
export async function notify(
  query: Query,
  { vault, letters, link }: Pick<AccountServices, "vault" | "letters" | "link">,
  user: User,
  what: string,
): Promise<void> {
  if (user.email === undefined) return;
  const message = letters.securityNotice({ name: user.displayName, what, url: link("/account") });
  await enqueue(query, vault, user.email, message, lifetime);
}
