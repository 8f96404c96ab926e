import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { listIssuers } from "../federation/identities.ts";
import type { AccountServices } from "./services.ts";
import type { User } from "./users.ts";

/**
 * Runs `remove`, which takes a way to sign in away from the user, and undoes it when none is left. The account is locked: two
 * removals at once cannot each count on what the other takes. Resolves to what `remove` does.
 * @throws Problem conflict
 */
export async function removeWayIn(
  { db, lets }: Pick<AccountServices, "db" | "lets">,
  user: User,
  remove: (query: Query) => Promise<boolean>,
): Promise<boolean> {
  const { value: removed } = await db.write(async (query) => {
    await query("SELECT FROM users WHERE id = $1 FOR UPDATE", [user.id]);
    const done = await remove(query);
    if (done && !(await hasOwnWay(query, user.id)) && !(await listIssuers(query, user.id)).some(lets))
      throw new Problem("conflict", { detail: "it is the last way to sign in" });
    return done;
  });
  return removed;
}

/** A password, which needs an address to go with it, or a passkey. */
async function hasOwnWay(query: Query, userId: string): Promise<boolean> {
  const rows = await query(
    `SELECT FROM passkeys WHERE user_id = $1
     UNION ALL SELECT FROM passwords p JOIN users u ON u.id = p.user_id WHERE u.id = $1 AND u.email_key IS NOT NULL LIMIT 1`,
    [userId],
  );
  return rows.length > 0;
}
