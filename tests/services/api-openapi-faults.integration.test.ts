import { afterAll, describe, test } from "vitest";
import { startSubject } from "./api-subject.ts";
import { expectLimits, expectOutage, strict } from "./openapi-faults.ts";
import { startService } from "./service.ts";

const { world, subject } = await startSubject();

afterAll(() => world[Symbol.asyncDispose]());

describe("every operation", () => {
  test("answers 429 as documented, with the time to wait, to who has sent too many", async () => {
    await using limited = await startService("api", "api-strict", { ...world.env, ...strict });
    await expectLimits(subject, limited.url);
  });

  test("answers 503 as documented while no database is there, and well again once it is", () =>
    expectOutage(subject, world.daemons, world.api));
});
