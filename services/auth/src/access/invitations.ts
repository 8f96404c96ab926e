import type { Query } from "@purlin/kit/pool";
import { Problem } from "@purlin/kit/problems";
import { emailKey } from "../accounts/email.ts";
import { newToken, tokenHash } from "../accounts/secrets.ts";
import { enqueue } from "../mail/outbox.ts";
import { requireAll, type Actor } from "./actor.ts";
import { invitationMail } from "./invitation-mail.ts";
import { addMember, type Member } from "./members.ts";
import { lockOrganisation } from "./organisations.ts";
import { record } from "./record.ts";
import { permissionsToGive } from "./roles.ts";
import type { AccessServices } from "./services.ts";

export interface Invitation {
  id: string;
  email: string;
  role: string;
  invitedBy: string;
  createdAt: Date;
  expiresAt: Date;
}

const columns = `id, email, role, invited_by AS "invitedBy", created_at AS "createdAt", expires_at AS "expiresAt"`;

const open = "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()";

/** An invitation is good for this long. */
const days = 7;

/** Mails to strangers in our name are bounded. */
const mostOpen = 100;

/** Up to `limit` open invitations, newest first, before the one that is `before`. */
export function listInvitations(query: Query, organisationId: string, limit: number, before: string | undefined) {
  return query<Invitation>(
    `SELECT ${columns} FROM access.invitations
     WHERE organisation_id = $1 AND ${open} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
    [organisationId, limit, before ?? null],
  );
}

/**
 * Invites `email`; an earlier invitation of the same address is void. The mail is in the outbox of the other database
 * before this transaction commits: an invitation that was answered for is never without one.
 * @throws Problem forbidden for more than the actor has, invalid_request, conflict
 */
export async function createInvitation(
  query: Query,
  services: AccessServices,
  actor: Actor,
  { email, role }: { email: string; role: string },
): Promise<Invitation> {
  const { organisationId, subjectId } = actor;
  const organisation = await lockOrganisation(query, organisationId);
  requireAll(actor, await permissionsToGive(query, organisationId, role));
  await requireNoMember(query, organisationId, email);
  await query(
    `UPDATE access.invitations SET revoked_at = now() WHERE organisation_id = $1 AND lower(email) = lower($2) AND ${open}`,
    [organisationId, email],
  );
  const [counted] = await query<{ n: number }>(
    `SELECT count(*)::int AS n FROM access.invitations WHERE organisation_id = $1 AND ${open}`,
    [organisationId],
  );
  const n = counted?.n ?? 0;
  if (n >= mostOpen) throw new Problem("conflict", { detail: `${mostOpen} invitations are open; revoke some first` });
  const token = newToken();
  const [invitation] = await query<Invitation>(
    `INSERT INTO access.invitations (organisation_id, email, role, token_hash, invited_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING ${columns}`,
    [organisationId, email, role, tokenHash(token), subjectId, days],
  );
  if (!invitation) throw new Error("the invitation was not written");
  await record(query, actor, {
    type: "invitation.created",
    entityId: invitation.id,
    payload: { ...invitation },
    details: { email, role },
  });
  const [inviter] = await query<{ name: string }>("SELECT display_name AS name FROM access.subjects WHERE id = $1", [
    subjectId,
  ]);
  const mail = invitationMail({
    brand: services.brand,
    organisation: organisation.name,
    inviter: inviter?.name ?? "Somebody",
    days,
    url: services.link(`/invitation?token=${token}`),
  });
  await enqueue(services.db.readPrimary, services.vault, email, mail, days * 24);
  return invitation;
}

/** @throws Problem not_found */
export async function revokeInvitation(query: Query, actor: Actor, id: string): Promise<void> {
  const [invitation] = await query<Invitation>(
    `UPDATE access.invitations SET revoked_at = now() WHERE organisation_id = $1 AND id = $2 AND ${open} RETURNING ${columns}`,
    [actor.organisationId, id],
  );
  if (!invitation) throw new Problem("not_found", { detail: "there is no such invitation" });
  await record(query, actor, { type: "invitation.revoked", entityId: id, payload: { ...invitation } });
}

/** What somebody is invited to, for a page that asks whether they accept; undefined for a token that is no good. */
export async function findInvitation({ app }: Pick<AccessServices, "app">, token: string) {
  const organisation = await organisationOf(app, token);
  if (organisation === undefined) return undefined;
  const { value } = await app.write(
    (query) =>
      query<{ organisation: string; inviter: string; role: string }>(
        `SELECT o.name AS organisation, s.display_name AS inviter, coalesce(r.name, i.role) AS role
         FROM access.invitations i
         JOIN access.organisations o ON o.id = i.organisation_id AND o.deleted_at IS NULL
         JOIN access.subjects s ON s.id = i.invited_by
         LEFT JOIN access.roles r ON r.organisation_id = i.organisation_id AND r.key = i.role
         WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()`,
        [tokenHash(token)],
      ),
    { organisation },
  );
  return value[0];
}

/**
 * Makes `subjectId` a member as the invitation says. It must be the person the mail went to: the address of the
 * invitation is the one it has confirmed. Whatever does not fit is answered alike.
 * @throws Problem not_found, conflict for one who is a member
 */
export async function acceptInvitation(
  { app }: Pick<AccessServices, "app">,
  subjectId: string,
  token: string,
): Promise<{ value: Member & { organisationId: string }; lsn: Awaited<ReturnType<typeof app.write>>["lsn"] }> {
  const organisationId = (await organisationOf(app, token)) ?? notFound();
  return app.write(
    async (query) => {
      await lockOrganisation(query, organisationId);
      const [invitation] = await query<Invitation & { address: string | null }>(
        `SELECT ${columns}, (SELECT s.email FROM access.subjects s WHERE s.id = $2) AS address
         FROM access.invitations WHERE token_hash = $1 AND ${open} FOR UPDATE`,
        [tokenHash(token), subjectId],
      );
      if (!invitation?.address || emailKey(invitation.address) !== emailKey(invitation.email)) notFound();
      await query("UPDATE access.invitations SET accepted_at = now() WHERE organisation_id = $1 AND id = $2", [
        organisationId,
        invitation.id,
      ]);
      const member = await addMember(query, { organisationId, subjectId }, subjectId, invitation.role);
      return { ...member, organisationId };
    },
    { organisation: organisationId },
  );
}

async function requireNoMember(query: Query, organisationId: string, email: string): Promise<void> {
  const [member] = await query(
    `SELECT FROM access.members m JOIN access.subjects s ON s.id = m.subject_id
     WHERE m.organisation_id = $1 AND lower(s.email) = lower($2)`,
    [organisationId, email],
  );
  if (member) throw new Problem("conflict", { detail: "already a member" });
}

async function organisationOf(app: AccessServices["app"], token: string): Promise<string | undefined> {
  const [found] = await app.readPrimary<{ id: string | null }>("SELECT access.organisation_of_invitation($1) AS id", [
    tokenHash(token),
  ]);
  return found?.id ?? undefined;
}

function notFound(): never {
  throw new Problem("not_found", { detail: "there is no such invitation for you" });
}
