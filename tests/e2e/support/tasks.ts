import type { Client, Reply } from "./client.ts";
import { makeTeam, signUp, type Person, type Place, type Team } from "./sign-up.ts";

/** A project that tests make tasks in, and the key they do it with. */
export interface Workplace extends Team {
  projectId: string;
}

export interface StoredTask {
  id: string;
  title: string;
}

export interface StoredAttachment {
  id: string;
  state: string;
  sha256: string | null;
}

/** Signs somebody up and makes an organisation, a key and a project: once for each platform a test brings up. */
export async function openWorkplace(client: Client, place: Place): Promise<Workplace> {
  return openWorkplaceOf(client, await signUp(client, place));
}

/** An organisation of `person`'s own, with a key and a project. */
export async function openWorkplaceOf(client: Client, person: Person): Promise<Workplace> {
  const team = await makeTeam(client, person);
  const project = { key: "TEST", name: "A project" };
  const reply = expectStatus(201, await send(client, team, "POST", "/projects", project));
  return { ...team, projectId: reply.json<{ id: string }>().id };
}

/** A request of the organisation with its key: `path` goes on behind `/organisations/<id>`. */
export function send(
  client: Client,
  { organisationId, key }: Team,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return client.ask(`/api/organisations/${organisationId}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Creates a task through the gateway; throws unless the API acknowledges it. */
export async function createTask(
  client: Client,
  workplace: Workplace,
  title: string,
): Promise<{ task: StoredTask; reply: Reply }> {
  const path = `/projects/${workplace.projectId}/tasks`;
  const reply = expectStatus(201, await send(client, workplace, "POST", path, { title }));
  return { task: reply.json<StoredTask>(), reply };
}

/** Uploads a file to a task as a browser would: announced to the API, put past it to storage, and then checked. */
export async function attach(
  client: Client,
  workplace: Workplace,
  task: string,
  file: { name: string; contentType: string; content: Buffer },
): Promise<StoredAttachment> {
  const path = `/tasks/${task}/attachments`;
  const { name, contentType, content } = file;
  const announced = expectStatus(
    201,
    await send(client, workplace, "POST", path, { name, contentType, size: content.length }),
  );
  const { id, upload } = announced.json<{
    id: string;
    upload: { url: string; method: string; headers: Record<string, string> };
  }>();
  const { url, method, headers } = upload;
  expectStatus(200, await client.ask(url, { method, headers, body: content, timeout: 60_000 }));
  return expectStatus(200, await send(client, workplace, "POST", `${path}/${id}/complete`)).json<StoredAttachment>();
}

/**
 * Creates tasks one after the other until it is stopped, and remembers those the API acknowledged: what a kill test
 * must find again. A request that fails is what a kill test expects; it is not counted.
 */
export function startWriter(client: () => Client, workplace: Workplace) {
  const acknowledged: string[] = [];
  const stop = new AbortController();
  const work = (async () => {
    for (let n = 0; !stop.signal.aborted; n++) {
      try {
        acknowledged.push((await createTask(client(), workplace, `write ${n}`)).task.id);
      } catch {
        // The platform is being killed under it: the client was told nothing, so nothing is promised.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    acknowledged,
    stop: async () => {
      stop.abort();
      await work;
      return acknowledged;
    },
  };
}

/** Ids the platform no longer knows; empty when nothing acknowledged was lost. */
export async function missingTasks(client: Client, workplace: Workplace, ids: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const id of ids) {
    const reply = await send(client, workplace, "GET", `/tasks/${id}`);
    if (reply.status === 404) missing.push(id);
    else expectStatus(200, reply);
  }
  return missing;
}

/** Has `url` told of each new task, as the organisation's owner asks for it. */
export async function tellOfTasks(
  client: Client,
  { organisationId }: Workplace,
  { token }: Person,
  url: string,
): Promise<void> {
  const reply = await client.ask(`/api/organisations/${organisationId}/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ url, events: ["task.created"] }),
  });
  expectStatus(201, reply);
}

/** Ids of all tasks there are, in order. */
export async function taskIds(client: Client, workplace: Workplace): Promise<string[]> {
  const ids: string[] = [];
  for (let path: string | undefined = "/tasks?limit=100"; path !== undefined;) {
    const reply: Reply = expectStatus(200, await send(client, workplace, "GET", path));
    const page = reply.json<{ items: StoredTask[]; next: string | null }>();
    ids.push(...page.items.map(({ id }) => id));
    path = page.next ? `/tasks?limit=100&cursor=${page.next}` : undefined;
  }
  return ids.sort();
}

/** The reply; throws, with what it says, unless it has this status. */
export function expectStatus(status: number, reply: Reply): Reply {
  if (reply.status !== status) throw new Error(`expected ${status}, got ${reply.status}: ${reply.body.toString()}`);
  return reply;
}
