import { Redis } from "ioredis";
import { z } from "zod";
import { runTask } from "../../../targets/local/tasks/run-task.ts";

const input = z.strictObject({ host: z.string(), port: z.number(), user: z.string(), password: z.string() });

/** Makes a running server take its ACL file as it is now. Clients whose user is gone are cut off by Redis itself. */
await runTask(input, async ({ host, port, user, password }) => {
  const redis = new Redis({ host, port, username: user, password, lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined); // also given by the rejected promises below
  try {
    await redis.connect();
    await redis.acl("LOAD");
  } finally {
    redis.disconnect();
  }
});
