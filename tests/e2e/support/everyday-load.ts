import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";
import { signIn, type Person, type Place } from "./sign-up.ts";
import { createTask, expectStatus, send, type Workplace } from "./tasks.ts";

/** What people and programs did until they were stopped. */
export interface Everyday {
  /** Requests that ended well, by what they were for. */
  done: Record<string, number>;
  /** Everything that did not, with the time since the start in ms. Nothing here is tried again. */
  failed: string[];
  /** Ids of tasks that were acknowledged. */
  acknowledged: string[];
  stop: () => Promise<void>;
}

export interface EverydayOptions {
  client: Client;
  place: Place;
  person: Person;
  workplace: Workplace;
}

/** All services at work through the gateway: reads, writes, sign-ins, refreshed tokens, the worker's own API. */
export function startEveryday({ client, place, person, workplace }: EverydayOptions): Everyday {
  const stop = new AbortController();
  const started = performance.now();
  const done: Everyday["done"] = {};
  const failed: string[] = [];
  const acknowledged: string[] = [];

  const repeat = async (what: string, pause: number, work: () => Promise<unknown>) => {
    while (!stop.signal.aborted) {
      try {
        await work();
        done[what] = (done[what] ?? 0) + 1;
      } catch (error) {
        failed.push(`${what} after ${Math.round(performance.now() - started)} ms: ${String(error)}`);
      }
      await sleep(pause);
    }
  };
  const read = async () => expectStatus(200, await send(client, workplace, "GET", "/tasks?limit=20"));
  const write = async () => acknowledged.push((await createTask(client, workplace, "everyday")).task.id);
  let { token, refreshToken } = person;
  const refresh = async () => {
    const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "web", refresh_token: refreshToken });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const reply = await client.ask("/auth/token", { method: "POST", headers, body: body.toString() });
    const renewed = expectStatus(200, reply).json<{ access_token: string; refresh_token: string }>();
    [token, refreshToken] = [renewed.access_token, renewed.refresh_token];
  };
  const jobs = async () => {
    const headers = { authorization: `Bearer ${token}` };
    expectStatus(200, await client.ask(`/jobs/organisations/${workplace.organisationId}/jobs`, { headers }));
  };
  const loops = [
    ...[1, 2].map(() => repeat("read", 5, read)),
    ...[1, 2].map(() => repeat("write", 20, write)),
    repeat("sign-in", 100, () => signIn(client, place, person)),
    repeat("refresh", 20, refresh),
    repeat("jobs", 20, jobs),
  ];
  return {
    done,
    failed,
    acknowledged,
    stop: async () => {
      stop.abort();
      await Promise.all(loops);
    },
  };
}
