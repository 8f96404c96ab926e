import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "./api-data-world.ts";

/* How often a query asks Postgres: as often as it has levels, however many things are on each. */

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world[Symbol.asyncDispose]());

/** Transactions the service has run so far. */
async function transactions(): Promise<number> {
  const text = await (await fetch(`${world.api.internalUrl}/metrics`)).text();
  const counts = text.matchAll(/^dependency_request_duration_seconds_count\{[^}]*target="postgres"[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Runs `query` once to have the caller's rights remembered, and again to count. */
async function count(query: string): Promise<{ text: string; asked: number }> {
  const headers = { "content-type": "application/json", ...(await world.ours.owner.headers()) };
  const run = async () =>
    (await fetch(`${world.api.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) })).text();
  await run();
  const before = await transactions();
  const text = await run();
  expect(text).not.toContain('"errors"');
  return { text, asked: (await transactions()) - before };
}

const query = () => `{ organisation(id: "${world.ours.organisationId}") { tasks(first: 50) { nodes {
  title project { name createdBy { name } } createdBy { name } assignee { name } attachments { name uploadedBy { name } }
  comments(first: 5) { nodes { body author { name } } } activity(first: 5) { nodes { type actor { name } task { title } } } } } } }`;

test("as often for thirty tasks as for one", async () => {
  const one = await count(query());
  expect(one.asked).toBeGreaterThan(3);
  const { send } = world.ours.owner;
  for (let p = 0; p < 3; p++) {
    const made = await send("POST", "/projects", { key: `LOAD${p}`, name: `project ${p}` });
    const { id } = (await made.json()) as { id: string };
    for (let n = 0; n < 10; n++) {
      const task = await send("POST", `/projects/${id}/tasks`, {
        title: `task ${n}`,
        assigneeId: world.ours.viewer.id,
      });
      const { id: taskId } = (await task.json()) as { id: string };
      await send("POST", `/tasks/${taskId}/comments`, { body: "hello" });
    }
  }
  await expect
    .poll(async () => (await count(query())).text.match(/"title":"task \d"/g)?.length)
    .toBeGreaterThanOrEqual(30); // once the replica has them
  const many = await count(query());
  expect(many.asked).toBeLessThanOrEqual(one.asked + 3); // a level that was empty, and the caller's rights asked for anew
  expect(many.asked).toBeLessThan(15);
});

test("what two fields ask for is asked for once", async () => {
  const { asked } = await count(`{ organisation(id: "${world.ours.organisationId}") { name slug createdAt a: name } }`);
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(2); // the caller's rights may be asked for anew
});
