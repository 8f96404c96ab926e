import type { Logger } from "@purlin/kit/logger";
import { createRedis } from "@purlin/kit/redis";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";

/**
 * The adapter that carries presence and typing between instances. It publishes through a client that fails fast, so that
 * nothing piles up while Redis is away; and reads through clients of its own that block for seconds, and wait for Redis.
 */
export function createStreamsAdapter(url: string, keyPrefix: string, logger: Logger) {
  const publisher = createRedis(url, "", logger);
  const readers: Redis[] = [];
  publisher.duplicate = () => {
    const reader = new Redis(url, { maxRetriesPerRequest: null });
    readers.push(reader);
    return reader;
  };
  const adapter = createAdapter(publisher, {
    streamName: `${keyPrefix}socket.io`,
    channelPrefix: `${keyPrefix}socket.io`,
    sessionKeyPrefix: `${keyPrefix}session:`,
    maxLen: 1_000, // what it carries is worth nothing a moment later
  });
  const close = () => {
    for (const client of [publisher, ...readers]) client.disconnect();
  };
  return { adapter, close };
}
