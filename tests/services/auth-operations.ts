import { randomUUID } from "node:crypto";
import { tokenHash } from "../../services/auth/src/accounts/secrets.ts";
import type { AccessWorld, Caller } from "./access-world.ts";
import type { Call, Fixture } from "./openapi-calls.ts";
import { createOrganisation, createSubject, setRole } from "./tenants.ts";

type Ids = Record<string, string>;

/** Who is in an organisation that fixtures make. */
export interface People {
  owner: Caller;
  viewer: Caller;
  powerless: Caller;
  /** The owner by way of an application that has single permissions only. */
  application: Caller;
}

/** An organisation with everybody in it, as its owner sees it. */
export async function organisationOf({ daemons }: AccessWorld, { owner, viewer, powerless }: People): Promise<string> {
  const id = await createOrganisation(daemons, "Engines", owner.id);
  await daemons.sqlIn(
    "app",
    `INSERT INTO access.roles (organisation_id, key, name, permissions) VALUES ('${id}', 'nothing', 'Nothing', '{}')`,
  );
  await setRole(daemons, id, viewer.id, "viewer");
  await setRole(daemons, id, powerless.id, "nothing");
  return id;
}

/** How to call each operation about rights, in the organisation `organisationId` and, where that is used up, in others. */
export function authOperations(world: AccessWorld, people: People, organisationId: string): Record<string, Fixture> {
  const { daemons } = world;
  const { owner, application } = people;
  const ours = { organisationId };
  const single = (path: string, body: object) => made(owner, `/organisations/${organisationId}${path}`, body);

  const another = async (): Promise<Ids> => ({ organisationId: await organisationOf(world, people) });
  const member = async (): Promise<Ids> => {
    const subjectId = await createSubject(daemons, "Member");
    await setRole(daemons, organisationId, subjectId, "member");
    return { ...ours, subjectId };
  };
  const self = () => Promise.resolve({ ...ours, subjectId: owner.id });
  const role = async (): Promise<Ids> => ({ ...ours, role: (await single("/roles", newRole())).key });
  const builtIn = () => Promise.resolve({ ...ours, role: "owner" });
  const invitation = async (): Promise<Ids> => ({
    ...ours,
    invitationId: (await single("/invitations", newInvitation())).id,
  });
  const account = async (): Promise<Ids> => ({
    ...ours,
    serviceAccountId: (await single("/service-accounts", newAccount())).id,
  });
  const key = async (): Promise<Ids> => ({ ...ours, apiKeyId: (await single("/api-keys", newKey())).id });
  const crowded = async (): Promise<Ids> => {
    const params = await another();
    await setRole(daemons, String(params["organisationId"]), await createSubject(daemons, "Owner"), "owner");
    return params;
  };
  /** The token of an invitation for the owner, to an organisation it is in already or not. */
  const invited = async (joined: boolean) => {
    const inviter = await createSubject(daemons, "Inviter");
    const other = await createOrganisation(daemons, "Other", inviter);
    if (joined) await setRole(daemons, other, owner.id, "member");
    const token = randomUUID();
    await daemons.sqlIn(
      "app",
      `INSERT INTO access.invitations (organisation_id, email, role, token_hash, invited_by, expires_at)
       VALUES ('${other}', '${owner.email}', 'member', '\\x${tokenHash(token).toString("hex")}', '${inviter}', now() + interval '1 day')`,
    );
    return { params: {}, body: { token } };
  };
  const restricted = async (call: Call): Promise<Call> => ({ ...call, headers: await application.headers() });

  return {
    getMe: read({}),
    createOrganisation: {
      call: send({}, newOrganisation),
      others: {
        403: () => restricted({ params: {}, body: newOrganisation() }),
        409: async () => ({ params: {}, body: { name: "Same", slug: await slugOf(world, organisationId) } }),
      },
    },
    listOrganisations: read({}),
    getOrganisation: read(ours),
    updateOrganisation: {
      call: about(another, { name: "New" }, firstVersion),
      others: {
        409: async () => ({
          params: await another(),
          body: { slug: await slugOf(world, organisationId) },
          headers: firstVersion,
        }),
      },
    },
    deleteOrganisation: { call: about(another) },
    leaveOrganisation: {
      call: about(crowded),
      others: {
        403: async () => restricted({ params: await crowded() }),
        404: () => Promise.resolve({ params: { organisationId: randomUUID() } }),
        409: about(another),
      },
    },
    listMembers: read(ours),
    getMember: { call: about(member) },
    changeMemberRole: {
      call: about(member, { role: "viewer" }),
      others: { 409: about(self, { role: "viewer" }) },
    },
    removeMember: { call: about(member), others: { 409: about(self) } },
    listRoles: read(ours),
    getRole: { call: about(role) },
    createRole: {
      call: send(ours, newRole),
      others: { 409: () => Promise.resolve({ params: ours, body: { ...newRole(), key: "owner" } }) },
    },
    updateRole: {
      call: about(role, { name: "New", permissions: [] }, firstVersion),
      others: { 409: about(builtIn, { name: "New" }, firstVersion) },
    },
    deleteRole: { call: about(role), others: { 409: about(builtIn) } },
    createInvitation: {
      call: async () => {
        await daemons.sqlIn("app", `DELETE FROM access.invitations WHERE organisation_id = '${organisationId}'`);
        return { params: ours, body: newInvitation() };
      },
      others: { 409: () => Promise.resolve({ params: ours, body: { ...newInvitation(), email: owner.email } }) },
    },
    listInvitations: read(ours),
    revokeInvitation: { call: about(invitation) },
    acceptInvitation: {
      call: () => invited(false),
      others: {
        403: async () => restricted(await invited(false)),
        404: () => Promise.resolve({ params: {}, body: { token: "nothing" } }),
        409: () => invited(true),
      },
    },
    createServiceAccount: { call: send(ours, newAccount) },
    listServiceAccounts: read(ours),
    getServiceAccount: { call: about(account) },
    deleteServiceAccount: { call: about(account) },
    createApiKey: { call: send(ours, newKey) },
    listApiKeys: read(ours),
    revokeApiKey: { call: about(key) },
    listAuditEvents: read(ours),
  };
}

const firstVersion = { "if-match": '"1"' };
const unique = () => randomUUID().slice(0, 8);
const newOrganisation = () => ({ name: "Looms", slug: `s-${unique()}` });
const newRole = () => ({ key: `r-${unique()}`, name: "Reader", permissions: ["task:read"] });
const newInvitation = () => ({ email: `guest-${unique()}@example.com`, role: "viewer" });
const newAccount = () => ({ name: `program ${unique()}`, role: "viewer" });
const newKey = () => ({
  name: "key",
  permissions: ["task:read"],
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
});

function read(params: Ids): Fixture {
  return { call: () => Promise.resolve({ params }) };
}

function send(params: Ids, body: () => object): () => Promise<Call> {
  return () => Promise.resolve({ params, body: body() });
}

/** A call about something that is made first. */
function about(make: () => Promise<Ids>, body?: object, headers?: Record<string, string>): () => Promise<Call> {
  return async () => ({ params: await make(), body, headers });
}

async function made(owner: Caller, path: string, body: object): Promise<{ id: string; key: string }> {
  const answer = await owner.call("POST", path, body);
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${JSON.stringify(answer.body)}`);
  return { id: String(answer.body["id"]), key: String(answer.body["key"]) };
}

async function slugOf({ daemons }: AccessWorld, organisationId: string): Promise<string> {
  const [row] = await daemons.sqlIn("app", `SELECT slug FROM access.organisations WHERE id = '${organisationId}'`);
  return String(row?.["slug"]);
}
