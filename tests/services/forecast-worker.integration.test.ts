import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { eventually, startDaemons } from "./daemons.ts";
import { createHistory, rhythm } from "./forecast-history.ts";
import { startWorld } from "./forecast-world.ts";
import { startService } from "./service.ts";

test("two workers make, on their own, one forecast for each organisation that has none, and tell how it errs", async () => {
  await using world = await startWorld();
  const daemons = await startDaemons(["replica", "storage"]);
  try {
    const [one, other] = [await createHistory(world, rhythm(30, 1)), await createHistory(world, rhythm(20, 2))];
    const redis = `redis://127.0.0.1:${daemons.redis.port}`;
    const env = {
      ...world.env,
      ...{ REDIS_QUEUE_URL: redis, REDIS_CACHE_URL: redis, REDIS_KEY_PREFIX: "worker:" },
      ...{ PLATFORM_URL: "https://platform.test", WEBHOOK_SECRET_KEY: randomBytes(32).toString("base64") },
    };
    await using first = await startService("worker", "worker-1", env);
    await using second = await startService("worker", "worker-2", env);
    const ready = "SELECT DISTINCT organisation_id AS id FROM forecast_models WHERE state = 'ready' ORDER BY id";
    await eventually(async () => {
      expect((await world.sql(ready)).map(({ id }) => id)).toEqual([one, other].sort());
    });
    const told = "SELECT organisation_id AS id FROM platform.outbox WHERE type = 'forecast.updated'";
    expect((await world.sql(told)).map(({ id }) => String(id)).sort()).toEqual([one, other].sort());
    for (const { internalUrl } of [first, second]) {
      const figures = await (await fetch(`${internalUrl}/metrics`)).text();
      expect(figures).toMatch(/^forecast_error_ratio\{kind="completed"\} 0\.\d+$/m);
      expect(figures).toMatch(/^forecast_age_seconds\{kind="completed"\} \d/m);
    }
  } finally {
    await daemons.stop();
  }
});
