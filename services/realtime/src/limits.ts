import { Problem } from "@purlin/kit/problems";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Connection } from "./sockets.ts";

/** Messages a connection may send in `seconds`. */
const messages = { points: 60, duration: 3 };

export interface Limits {
  /** @throws Problem too_many_requests */
  message: (connectionId: string) => Promise<void>;
  /** Counts a connection of the subject; false when it has too many here. */
  connect: (subjectId: string) => boolean;
  /** Of a connection that was counted. */
  forget: (connection: Connection) => void;
}

/** What one connection, and one subject on this instance, may do. How often an address may connect is the gateway's to limit. */
export function createLimits(connectionsPerSubject: number): Limits {
  const sent = new RateLimiterMemory(messages);
  const open = new Map<string, number>();
  return {
    message: async (connectionId) => {
      try {
        await sent.consume(connectionId);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new Problem("too_many_requests", {
          detail: `a connection may send ${messages.points} messages in ${messages.duration} s`,
        });
      }
    },
    connect: (subjectId) => {
      const count = open.get(subjectId) ?? 0;
      if (count >= connectionsPerSubject) return false;
      open.set(subjectId, count + 1);
      return true;
    },
    forget: ({ id, data }) => {
      const left = (open.get(data.identity.subjectId) ?? 1) - 1;
      if (left > 0) open.set(data.identity.subjectId, left);
      else open.delete(data.identity.subjectId);
      void sent.delete(id);
    },
  };
}
