import { Redis } from "ioredis";
import type { ProbeOf } from "./spec.ts";

/** Good when the login succeeds and PING is answered; while the data set loads, Redis answers LOADING. */
export async function probeRedis(
  { host, port, user, password }: ProbeOf<"redis">,
  signal: AbortSignal,
): Promise<string> {
  const client = new Redis({
    host,
    port,
    ...(user === undefined ? {} : { username: user }),
    password,
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disconnectTimeout: 1, // a silent server must not hold us for the default two seconds more
  });
  let failure: Error | undefined;
  client.on("error", (error: Error) => (failure ??= error)); // has the cause; the rejection only says "closed"
  const stop = (): void => client.disconnect();
  signal.addEventListener("abort", stop);
  try {
    await client.connect();
    return await client.ping();
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal.removeEventListener("abort", stop);
    client.disconnect();
  }
}
