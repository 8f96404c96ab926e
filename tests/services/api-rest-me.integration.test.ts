import { afterAll, beforeAll, expect, test } from "vitest";
import { builtInRoles } from "@purlin/kit/permissions";
import { startWorld, type World } from "./api-data-world.ts";
import { createSubject, setRole } from "./tenants.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

interface Me {
  id: string;
  kind: string;
  email: string | null;
  organisations: { id: string; role: string; permissions: string[] }[];
}

async function whoAmI(subject: string, claims: Record<string, unknown> = {}): Promise<Me> {
  const answer = await fetch(`${world.api.url}/me`, { headers: await world.issuer.bearer(subject, claims) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Me;
}

test("a member sees their organisations with what they may do there, and no other", async () => {
  const { ours } = world;
  const me = await whoAmI(ours.viewer.id);
  expect(me).toMatchObject({ id: ours.viewer.id, kind: "user" });
  expect(me.email).toContain("@example.com");
  expect(me.organisations.map(({ id, role }) => [id, role])).toEqual([[ours.organisationId, "viewer"]]);
  expect(me.organisations[0]?.permissions.toSorted()).toEqual(builtInRoles.viewer.toSorted());
});

test("a token for single permissions says only those", async () => {
  const { organisations } = await whoAmI(world.ours.owner.id, { scope: "task:read project:write" });
  expect(organisations[0]?.permissions.toSorted()).toEqual(["project:write", "task:read"]);
});

test("a service account has no address, and a newcomer no organisation", async () => {
  const service = await createSubject(world.daemons, "Robot", "service");
  await setRole(world.daemons, world.ours.organisationId, service, "member");
  expect(await whoAmI(service)).toMatchObject({ kind: "service", email: null });
  expect((await whoAmI(await createSubject(world.daemons, "Newcomer"))).organisations).toEqual([]);
});

test("nobody is nobody", async () => {
  expect((await fetch(`${world.api.url}/me`)).status).toBe(401);
});
