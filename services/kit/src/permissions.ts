/*
 * The permissions of the platform and the roles every organisation has. A permission is `<noun>:<verb>`; a route names
 * the one it needs. An organisation may add roles of its own, made of the same permissions.
 */
export const permissions = [
  "organisation:read",
  "organisation:manage",
  "member:read",
  "member:manage",
  "role:manage",
  "service-account:manage",
  "api-key:manage",
  "audit:read",
  "project:read",
  "project:write",
  "task:read",
  "task:write",
  "comment:write",
  "attachment:write",
  "data:import",
  "data:export",
  "webhook:manage",
  "forecast:read",
  "job:manage",
] as const;

export type Permission = (typeof permissions)[number];

const viewer: Permission[] = ["organisation:read", "member:read", "project:read", "task:read", "forecast:read"];
const member: Permission[] = [...viewer, "task:write", "comment:write", "attachment:write", "data:export"];
const admin: Permission[] = [
  ...member,
  "project:write",
  "member:manage",
  "role:manage",
  "service-account:manage",
  "api-key:manage",
  "audit:read",
  "data:import",
  "webhook:manage",
  "job:manage",
];

/** Roles that every organisation has, by key. */
export const builtInRoles = {
  owner: [...permissions],
  admin,
  member,
  viewer,
} as const satisfies Record<string, readonly Permission[]>;

export type BuiltInRole = keyof typeof builtInRoles;

export function isBuiltInRole(key: string): key is BuiltInRole {
  return Object.hasOwn(builtInRoles, key);
}

const known = new Set<string>(permissions);

/** Whether `text` is a permission of this version; roles may have been written by a newer one. */
export function isPermission(text: string): text is Permission {
  return known.has(text);
}
