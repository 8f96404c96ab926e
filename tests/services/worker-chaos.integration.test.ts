import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, startDaemons, type Daemons } from "./daemons.ts";
import { emitEvents, prepareWorker, startWorkerProcess, type WorkerProcess } from "./worker.ts";

/*
 * Workers, Redis (which keeps nothing, so that a kill also empties it) and the Postgres primary are killed at random under
 * load. Whatever was committed to the outbox must have its effect, once.
 */
const release = new AsyncDisposableStack();
const kills = 200;
let daemons: Daemons;

beforeAll(async () => {
  daemons = await startDaemons(["replica", "storage"]);
  release.defer(daemons.stop);
  await prepareWorker(daemons);
});
afterAll(() => release.disposeAsync());

const ask = async (sql: string) => (await eventually(() => daemons.sqlIn("app", sql)))[0] ?? {};

test(`over ${kills} random kills no job is lost and no effect is doubled`, { timeout: 240_000 }, async () => {
  const seed = randomInt(2 ** 31);
  process.stderr.write(`seed ${seed}\n`);
  const random = generator(seed);
  const workers = new Workers(daemons, 3);
  release.use(workers);
  const load = startLoad(random);

  const counts = { worker: 0, redis: 0, postgres: 0 };
  while (counts.worker + counts.redis + counts.postgres < kills) {
    const dice = random();
    if (dice < 0.55) {
      counts.worker += workers.kill(Math.floor(random() * 3));
    } else if (dice < 0.85) {
      await daemons.redis.kill();
      await sleep(random() * 100);
      await daemons.redis.start();
      counts.redis++;
    } else if (dice < 0.92) {
      await daemons.primary.kill();
      await eventually(daemons.primary.start); // its own processes may still be holding its memory
      counts.postgres++;
    } else {
      const frozen = random() < 0.5 ? daemons.redis : workers.some(random);
      frozen?.freeze();
      await sleep(random() * 300);
      frozen?.thaw();
    }
    await sleep(random() * 150);
  }
  await load.stop();
  process.stderr.write(`killed ${JSON.stringify(counts)}\n`);

  await eventually(async () => {
    expect(
      await ask("SELECT count(*)::int AS pending FROM jobs.jobs WHERE state = 'pending' AND kind <> 'test.slot'"),
    ).toEqual({ pending: 0 });
    const outcome = await ask(
      `SELECT count(*)::int AS events, count(e.event_id)::int AS effects, count(DISTINCT e.event_id)::int AS distinct
       FROM platform.outbox o LEFT JOIN public.effects e ON e.event_id = o.id`,
    );
    expect(outcome["distinct"]).toBe(outcome["events"]); // nothing lost
    expect(outcome["effects"]).toBe(outcome["events"]); // nothing doubled
    expect(outcome["events"]).toBeGreaterThan(1_000);
  });
  expect(await ask("SELECT count(*)::int AS dead FROM jobs.jobs WHERE state = 'dead'")).toEqual({ dead: 0 });
  expect(await ask("SELECT count(*) - count(DISTINCT job_id) AS doubled FROM public.effects")).toEqual({
    doubled: "0",
  });
});

/** A number of workers, of which one that was killed is soon replaced. */
class Workers implements AsyncDisposable {
  readonly #daemons: Daemons;
  readonly #places: (WorkerProcess | undefined)[];
  #ended = false;

  constructor(daemons: Daemons, count: number) {
    this.#daemons = daemons;
    this.#places = Array.from({ length: count });
    for (let place = 0; place < count; place++) void this.#fill(place);
  }

  async #fill(place: number): Promise<void> {
    const worker = await startWorkerProcess(this.#daemons, { patience: 1_000 });
    if (this.#ended) await worker.stop("SIGKILL");
    else this.#places[place] = worker;
  }

  /** Gives how many that were: one that is not there yet is left to come. */
  kill(place: number): number {
    const worker = this.#places[place];
    this.#places[place] = undefined;
    if (!worker) return 0;
    void worker.stop("SIGKILL").then(() => (this.#ended ? undefined : this.#fill(place)));
    return 1;
  }

  some(random: () => number): WorkerProcess | undefined {
    return this.#places[Math.floor(random() * this.#places.length)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const worker of this.#places) await worker?.stop("SIGKILL");
  }
}

/** Events without end: of work inside of Postgres and outside of it, some of which fails at first. */
function startLoad(random: () => number) {
  let stopped = false;
  const run = async () => {
    while (!stopped) {
      const payload = { milliseconds: Math.floor(random() * 50), failures: Math.floor(random() * 2) };
      const type = random() < 0.5 ? "test.count" : "test.call";
      await emitEvents(daemons, type, 10, { payload }).catch(() => sleep(50)); // counted is what is there in the end
      await sleep(40);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
