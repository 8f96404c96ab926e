import { changesSomething } from "@purlin/kit/changes";
import { pageQuery } from "@purlin/kit/cursor";
import { permissions } from "@purlin/kit/permissions";
import { line } from "@purlin/kit/text";
import { moment } from "@purlin/kit/times";
import { z } from "zod";
import { emailField } from "../accounts/email.ts";

/* What the routes take and give. A schema with an id is a named component of the OpenAPI document. */
const id = z.uuid();
const instant = z.iso.datetime();
const name = line(100);
const permission = z.enum(permissions);
const nothing = "changes nothing";

export const organisationPath = z.object({ organisationId: id });

const slug = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){1,39}$/, "must be 2 to 40 lower case letters, digits and single dashes");

export const organisation = z
  .object({ id, slug: z.string(), name: z.string(), version: z.int(), createdAt: instant, updatedAt: instant })
  .meta({ id: "Organisation" });

export const membership = organisation.extend({ role: z.string() }).meta({ id: "Membership" });

export const newOrganisation = z.strictObject({ name, slug });

export const organisationChanges = z
  .strictObject({ name: name.optional(), slug: slug.optional() })
  .refine(changesSomething, nothing);

export const me = z
  .object({
    subjectId: id,
    kind: z.enum(["user", "service"]),
    displayName: z.string(),
    email: z.string().nullable(),
    via: z.enum(["token", "api-key"]),
    organisations: z.array(
      z.object({ id, slug: z.string(), name: z.string(), role: z.string(), permissions: z.array(permission) }),
    ),
  })
  .meta({ id: "Me" });

export const memberPath = organisationPath.extend({ subjectId: id });

export const member = z
  .object({
    subjectId: id,
    kind: z.enum(["user", "service"]),
    displayName: z.string(),
    email: z.string().nullable(),
    role: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: "Member" });

const roleKey = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,39}$/, "must be a lower case letter and then up to 39 letters, digits and dashes");

export const roleChange = z.strictObject({ role: roleKey });

export const rolePath = organisationPath.extend({ role: roleKey });

export const role = z
  .object({
    key: z.string(),
    name: z.string(),
    builtIn: z.boolean(),
    permissions: z.array(permission),
    version: z.int(),
  })
  .meta({ id: "Role" });

const somePermissions = z.array(permission).max(permissions.length);

export const newRole = z.strictObject({ key: roleKey, name, permissions: somePermissions });

export const roleChanges = z
  .strictObject({ name: name.optional(), permissions: somePermissions.optional() })
  .refine(changesSomething, nothing);

export const invitationPath = organisationPath.extend({ invitationId: id });

export const invitation = z
  .object({
    id,
    email: z.string(),
    role: z.string(),
    invitedBy: id,
    createdAt: instant,
    expiresAt: instant,
  })
  .meta({ id: "Invitation" });

export const newInvitation = z.strictObject({ email: emailField, role: roleKey });

export const invitationToken = z.strictObject({ token: z.string().min(1).max(200) });

export const acceptedInvitation = member.extend({ organisationId: id }).meta({ id: "AcceptedInvitation" });

export const serviceAccountPath = organisationPath.extend({ serviceAccountId: id });

export const serviceAccount = z
  .object({ id, name: z.string(), role: z.string(), createdBy: id, createdAt: instant })
  .meta({
    id: "ServiceAccount",
    description: "A program. Its id is its OAuth client id, its API keys are its client secrets.",
  });

export const newServiceAccount = z.strictObject({ name, role: roleKey });

export const apiKeyPath = organisationPath.extend({ apiKeyId: id });

export const apiKey = z
  .object({
    id,
    subjectId: id,
    name: z.string(),
    hint: z.string(),
    permissions: z.array(z.string()),
    createdBy: id,
    createdAt: instant,
    expiresAt: instant,
    lastUsedAt: instant.nullable(),
  })
  .meta({ id: "ApiKey" });

export const createdApiKey = apiKey
  .extend({ secret: z.string().meta({ description: "The key itself. It is shown this once." }) })
  .meta({ id: "CreatedApiKey" });

export const newApiKey = z.strictObject({
  name,
  permissions: somePermissions.min(1),
  expiresAt: moment().meta({ description: "In the future, a year from now at most." }),
  serviceAccountId: id.optional(),
});

export const auditEvent = z
  .object({
    id,
    actorId: id.nullable(),
    action: z.string(),
    targetType: z.string(),
    targetId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
    userAgent: z.string().nullable(),
    requestId: z.string().nullable(),
    occurredAt: instant,
  })
  .meta({ id: "AuditEvent" });

export const listQuery = z.strictObject(pageQuery);

export const auditQuery = z.strictObject({
  ...pageQuery,
  action: line(100).optional(),
  actorId: id.optional(),
  targetType: line(100).optional(),
  targetId: line(200).optional(),
  from: moment().optional(),
  to: moment().optional(),
});
