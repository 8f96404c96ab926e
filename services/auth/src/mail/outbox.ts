import { randomUUID } from "node:crypto";
import type { Query } from "@purlin/kit/pool";
import type { Vault } from "../accounts/secrets.ts";
import type { Message } from "./messages.ts";

/** Puts `message` into the outbox, in the transaction of `query`: it is sent exactly when that commits, if not before `hours` are over. */
export async function enqueue(
  query: Query,
  vault: Vault,
  recipient: string,
  message: Message,
  hours: number,
): Promise<void> {
  const id = randomUUID();
  await query(
    "INSERT INTO mails (id, recipient, content, expires_at) VALUES ($1, $2, $3, now() + make_interval(hours => $4))",
    [id, recipient, vault.seal(purpose(id), JSON.stringify(message)), hours],
  );
}

/** A mail somebody has taken on to send. */
export interface DueMail {
  id: string;
  recipient: string;
  message: Message;
  expired: boolean;
}

interface Row {
  id: string;
  recipient: string;
  content: string;
  expired: boolean;
}

/** Seconds after which a mail whose sender was not heard of again is tried by another; more than SMTP's own timeouts. */
const lease = 60;

/**
 * Takes on up to `limit` mails that are due. Nobody else takes them for the time of the lease, or of the next attempt's
 * delay where that is longer: 1, 2, 4 minutes and so on, at most an hour.
 */
export async function takeDue(query: Query, vault: Vault, limit: number): Promise<DueMail[]> {
  const rows = await query<Row>(
    `UPDATE mails SET
       attempts = attempts + 1,
       next_attempt_at = now() + least(make_interval(secs => $2 * power(2, least(attempts, 10))), interval '1 hour')
     WHERE id IN (SELECT id FROM mails WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING id, recipient, content, expires_at < now() AS expired`,
    [limit, lease],
  );
  return rows.map(({ content, ...row }) => ({ ...row, message: open(vault, row.id, content) }));
}

/** The mail is sent, or given up. */
export async function remove(query: Query, id: string): Promise<void> {
  await query("DELETE FROM mails WHERE id = $1", [id]);
}

/** SMTP was not reached at all: that says nothing about the mail, so it is tried again soon. */
export async function retrySoon(query: Query, id: string): Promise<void> {
  await query(
    "UPDATE mails SET attempts = attempts - 1, next_attempt_at = least(next_attempt_at, now() + interval '3 seconds') WHERE id = $1",
    [id],
  );
}

function open(vault: Vault, id: string, content: string): Message {
  return JSON.parse(vault.open(purpose(id), content)) as Message; // sealed by enqueue
}

const purpose = (id: string) => `mails.content ${id}`;
