import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { freePort } from "../harness/free-port.ts";
import { createHistory } from "./forecast-history.ts";
import { startWorld, type World } from "./forecast-world.ts";

/*
 * Summaries by a language model. No real one can be had here: a server of the test's own answers as the OpenAI-compatible
 * protocol has it. What is proven is what is asked of it, by whom and with which key, and what becomes of its answers.
 */

const question = z.object({
  model: z.string(),
  messages: z.tuple([
    z.object({ role: z.literal("system"), content: z.string() }),
    z.object({ role: z.literal("user"), content: z.string() }),
  ]),
});

let world: World;
let server: Server;
let status = 200;
const asked: { url: string; headers: IncomingHttpHeaders; body: z.output<typeof question> }[] = [];

beforeAll(async () => {
  const port = await freePort();
  server = createServer((request, response) => {
    void json(request).then((body) => {
      const parsed = question.parse(body);
      asked.push({ url: request.url ?? "", headers: request.headers, body: parsed });
      const content = `Summary of ${/Project: (.*)/.exec(parsed.messages[1].content)?.[1] ?? "nothing"}. `;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
    });
  }).listen(port, "127.0.0.1");
  world = await startWorld({
    ...{ provider: "openai", baseUrl: `http://127.0.0.1:${port}/v1` },
    ...{ model: "small-model", apiKey: "sk-of-the-test" },
  });
});
afterAll(async () => {
  server.close();
  await world[Symbol.asyncDispose]();
});
beforeEach(() => {
  status = 200;
  asked.length = 0;
});

describe("a summary", () => {
  test("is of a project's last two weeks, asked of the model the blueprint names, with its key", async () => {
    const organisation = await createProject("Rocket", "Paint the fins");
    await createProject("Submarine", "Somebody else's");
    expect(await world.run("forecast.summarise", organisation)).toBe("done");
    expect(asked.map(({ url, headers, body }) => [url, headers.authorization, body.model])).toEqual([
      ["/v1/chat/completions", "Bearer sk-of-the-test", "small-model"],
    ]);
    const told = asked[0]?.body.messages[1].content ?? "";
    expect(told).toContain(
      "Project: Rocket\nTasks created: 1, completed: 1, open: 0, overdue: 0\nDone: Paint the fins",
    );
    expect(told).not.toContain("Somebody else's");
    expect(await summariesOf(organisation)).toEqual([{ summary: "Summary of Rocket.", model: "summary" }]);
  });

  test("stays while the language model fails, and forecasts are made as ever", async () => {
    const organisation = await createProject("Glider", "Sew the wings");
    await world.run("forecast.summarise", organisation);
    await addTask(organisation, 2, "Sew the tail"); // a question asked before is answered from MindsDB's cache
    status = 500;
    await expect(world.run("forecast.summarise", organisation)).rejects.toThrow("500");
    expect(asked).toHaveLength(2); // not asked again at once
    expect(await summariesOf(organisation)).toEqual([{ summary: "Summary of Glider.", model: "summary" }]);
    expect(await world.run("forecast.refresh", organisation)).toBe("done");
  });

  test("is not asked for where nothing happened", async () => {
    const organisation = await createHistory(world, [1, 0, 0, 0]);
    await world.run("forecast.summarise", organisation);
    expect(asked).toEqual([]);
  });
});

test("the key is not shown by MindsDB", async () => {
  const tables = ["forecast.models", "information_schema.ml_engines", "information_schema.databases"];
  for (const table of tables) {
    expect(JSON.stringify(await world.ask(`SELECT * FROM ${table}`))).not.toContain("sk-of-the-test");
  }
});

/** A new organisation with a project of that name where one task was done just now. */
async function createProject(name: string, title: string): Promise<string> {
  const organisation = await createHistory(world, []);
  await world.sql("UPDATE projects SET name = $2 WHERE organisation_id = $1", [organisation, name]);
  await addTask(organisation, 1, title);
  return organisation;
}

async function addTask(organisation: string, number: number, title: string): Promise<void> {
  await world.sql(
    `INSERT INTO tasks (organisation_id, id, project_id, number, title, status, completed_at, created_by)
     SELECT $1, gen_random_uuid(), id, $2, $3, 'done', now(), created_by FROM projects WHERE organisation_id = $1`,
    [organisation, number, title],
  );
  await world.replicated();
}

function summariesOf(organisation: string) {
  return world.sql("SELECT summary, model FROM project_summaries WHERE organisation_id = $1", [organisation]);
}
