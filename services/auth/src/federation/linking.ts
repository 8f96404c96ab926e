import { record } from "../accounts/journal.ts";
import { notify } from "../accounts/notices.ts";
import type { AccountServices } from "../accounts/services.ts";
import type { User } from "../accounts/users.ts";
import { removeWayIn } from "../accounts/ways-in.ts";
import { link, unlink, type IdentityKey } from "./identities.ts";

/** An identity to be linked or unlinked; `label` is the provider's name for people. */
interface Linked extends IdentityKey {
  label: string;
}

/**
 * Links an identity to the account of somebody who has just shown that both are theirs; they hear of it by mail. `taken`: it is
 * linked to somebody else's account, and stays there.
 */
export async function linkIdentity(
  services: AccountServices,
  user: User,
  { label, ...identity }: Linked & { email: string | undefined },
): Promise<"linked" | "taken"> {
  const { value: result } = await services.db.write(async (query) => {
    const linked = await link(query, user.id, identity);
    if (linked === "linked") await notify(query, services, user, `an account at ${label} can sign in to it now`);
    return linked;
  });
  if (result === "taken") return "taken";
  if (result === "linked") {
    services.wake();
    await record(services, { action: "identity.linked", userId: user.id, details: { issuer: identity.issuer } });
  }
  return "linked";
}

/** Unlinks an identity; they hear of it by mail. @throws Problem conflict when nothing would be left to sign in with */
export async function unlinkIdentity(
  services: AccountServices,
  user: User,
  { label, ...identity }: Linked,
): Promise<void> {
  const removed = await removeWayIn(services, user, async (query) => {
    const gone = await unlink(query, user.id, identity);
    if (gone) await notify(query, services, user, `an account at ${label} can no longer sign in to it`);
    return gone;
  });
  if (!removed) return;
  services.wake();
  await record(services, { action: "identity.unlinked", userId: user.id, details: { issuer: identity.issuer } });
}
