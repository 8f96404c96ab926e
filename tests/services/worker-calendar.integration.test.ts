import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "./daemons.ts";
import type { RunningService } from "./service.ts";
import { half, never, startReceiver, status, type Answer, type Receiver } from "./worker-receiver.ts";
import { startWorkerWorld, type WorkerWorld } from "./worker-world.ts";

/*
 * The calendar service is somebody else's: it may be slow, broken or gone, and a question for working days is answered all
 * the same, by what is known. Each test asks a worker that has not met the service yet, for its breaker is closed then.
 */
const release = new AsyncDisposableStack();
let world: WorkerWorld;
let service: Receiver;
let worker: RunningService | undefined;
let tenant: { subjectId: string; organisationId: string };
let started = 0;

beforeAll(async () => {
  world = release.use(await startWorkerWorld());
  tenant = await world.tenant("Ours");
  service = release.use(await startReceiver());
});
beforeEach(async () => {
  const settings = { CALENDAR_URL: `${service.url}/base`, CALENDAR_COUNTRY: "DE", LOG_LEVEL: "warn" };
  await worker?.stop("SIGKILL");
  // the daily job has its turn in a test of its own
  await world.sql("INSERT INTO jobs.schedules VALUES ('calendar.refresh', 'infinity') ON CONFLICT DO NOTHING");
  await world.sql("TRUNCATE jobs.holidays, jobs.holiday_years");
  service.answer(holidays);
  service.requests.length = 0;
  worker = release.use(await world.start(`worker-${++started}`, settings));
});
afterAll(() => release.disposeAsync());

const holidays: Answer = (response, request) => {
  const year = /PublicHolidays\/(\d{4})\/DE$/.exec(request.url ?? "")?.[1] ?? "";
  const day = (date: string, localName: string, global: boolean) => ({ date: `${year}-${date}`, localName, global });
  const all = [day("12-25", "Erster Weihnachtstag", true), day("12-24", "Irgendwo", false)];
  response.setHeader("content-type", "application/json").end(JSON.stringify(all));
};

async function ask(query = "from=2031-12-22&to=2031-12-28") {
  const answer = await fetch(`${worker?.url ?? ""}/organisations/${tenant.organisationId}/working-days?${query}`, {
    headers: await world.issuer.bearer(tenant.subjectId),
  });
  const body = (await answer.json()) as { workingDays: string[]; source: string; fetchedAt: string | null };
  return { status: answer.status, ...body };
}

const week = ["2031-12-22", "2031-12-23", "2031-12-24", "2031-12-25", "2031-12-26"];
const known = week.filter((day) => day !== "2031-12-25");
const age = () => world.sql("UPDATE jobs.holiday_years SET fetched_at = now() - interval '30 days'");

test("holidays are asked for once, and then known", async () => {
  expect(await ask()).toMatchObject({ status: 200, workingDays: known, source: "service" });
  expect(service.requests.map(({ url }) => url)).toEqual(["/base/api/v3/PublicHolidays/2031/DE"]);
  expect(await ask()).toMatchObject({ workingDays: known, source: "stored" });
  expect(service.requests).toHaveLength(1);
  expect((await ask("from=2031-12-30&to=2032-01-02")).workingDays).toHaveLength(4);
  expect(service.requests).toHaveLength(2);
});

const troubles: [string, Answer][] = [
  ["says nothing", never],
  ["fails", status(500)],
  ["hangs up half-way", half],
  ["answers something else", (response) => response.end("<html>")],
  ["sends everybody elsewhere", (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ["never stops", (response) => response.end(`[${'"x",'.repeat(100_000)}"x"]`)],
];

test.each(troubles)(
  "a service that %s is tried again; then what is stored is used, else weekends alone",
  async (_, trouble) => {
    service.answer(trouble);
    expect(await ask()).toMatchObject({ status: 200, workingDays: week, source: "weekends", fetchedAt: null });
    expect(service.requests).toHaveLength(3); // tried twice again
    service.answer(holidays);
    expect(await ask()).toMatchObject({ workingDays: known, source: "service" });
    await age();
    service.answer(trouble);
    expect(await ask()).toMatchObject({ workingDays: known, source: "stored" });
  },
);

test("a service that failed too often is not asked for a while, and costs no time", async () => {
  service.answer(status(500));
  for (let n = 0; n < 5; n++) await ask();
  const asked = service.requests.length;
  expect(asked).toBe(15);
  expect(await ask()).toMatchObject({ status: 200, source: "weekends" });
  expect(service.requests).toHaveLength(asked);
});

test("a failure that passes is not noticed", async () => {
  let failures = 2;
  service.answer((response, request) => (failures-- > 0 ? response.writeHead(503).end() : holidays(response, request)));
  expect(await ask()).toMatchObject({ workingDays: known, source: "service" });
});

test("this year and the next are fetched ahead, every day", async () => {
  await world.sql("UPDATE jobs.schedules SET slot = '-infinity' WHERE name = 'calendar.refresh'");
  const years = "SELECT year - extract(year FROM now())::int AS ahead FROM jobs.holiday_years ORDER BY year";
  await eventually(async () => expect(await world.sql(years)).toEqual([{ ahead: 0 }, { ahead: 1 }]));
  await world.sql("UPDATE jobs.schedules SET slot = 'infinity' WHERE name = 'calendar.refresh'");
});

test("a period that is none is refused", async () => {
  for (const query of [
    "from=2031-01-02&to=2031-01-01",
    "from=2031-01-01&to=2033-01-01",
    "from=2031-02-30&to=2031-03-01",
  ]) {
    expect((await ask(query)).status).toBe(400);
  }
  expect(service.requests).toEqual([]);
});
