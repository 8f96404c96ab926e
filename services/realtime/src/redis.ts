import type { Logger } from "@purlin/kit/logger";
import { createRedis } from "@purlin/kit/redis";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import type { ServerOptions } from "socket.io";

interface StreamsAdapter {
  adapter: NonNullable<ServerOptions["adapter"]>;
  close: () => void;
}

/**
 * The adapter that carries presence and typing between instances. It publishes through a client that fails fast, so that
 * nothing piles up while Redis is away; and reads through clients of its own that block for seconds, and wait for Redis.
 */
export function createStreamsAdapter(url: string, keyPrefix: string, logger: Logger): StreamsAdapter {
  const publisher = createRedis(url, "", logger);
  const readers: Redis[] = [];
  publisher.duplicate = () => {
    const reader = new Redis(url, { maxRetriesPerRequest: null });
    readers.push(reader);
    return reader;
  };
  // The adapter drops the promise: one that is rejected would end the process.
  publisher.publish = async (channel: string | Buffer, message: string | Buffer) => {
    try {
      return Number(await publisher.call("publish", channel, message));
    } catch {
      return 0; // said to nobody
    }
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
