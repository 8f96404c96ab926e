import type { Logger } from "@purlin/kit/logger";
import type { Redis } from "ioredis";
import { presenceRoom } from "./rooms.ts";
import type { Sockets } from "./sockets.ts";

/** Seconds an entry is good for without being said again: an instance that died takes its people with it. */
const lifetime = 30;
/** Milliseconds between two looks at who is there. */
const period = 10_000;

export interface Presence {
  /** A subject opened its first connection to the project, or closed its last one, on this instance. */
  changed: (organisationId: string, projectId: string) => void;
  stop: () => Promise<void>;
}

interface Project {
  organisationId: string;
  projectId: string;
}

/**
 * Who has a connection to which project, over all instances. Each instance says in Redis who is here, one sorted set
 * a project with the time until which that is good, and tells its own connections whenever the set has changed. It is
 * a courtesy: while Redis is away nobody is told anything new.
 */
export function startPresence(io: Sockets, redis: Redis, instance: string, logger: Logger): Presence {
  const told = new Map<string, string>();

  const here = (room: string) =>
    new Set(
      [...(io.of("/").adapter.rooms.get(room) ?? [])].flatMap(
        (id) => io.of("/").sockets.get(id)?.data.identity.subjectId ?? [],
      ),
    );

  const refresh = async ({ organisationId, projectId }: Project) => {
    const room = presenceRoom(organisationId, projectId);
    const subjects = here(room);
    try {
      const now = Date.now();
      const everybody = await say(redis, room, instance, subjects, now);
      const list = JSON.stringify(everybody);
      if (subjects.size === 0) told.delete(room);
      else if (told.get(room) !== list) {
        told.set(room, list);
        io.local.to(room).emit("presence", { projectId, subjectIds: everybody });
      }
    } catch (error) {
      logger.debug({ err: error }, "presence is not known now");
    }
  };
  const projects = (): Project[] =>
    [...io.of("/").adapter.rooms.keys()].flatMap((room) => {
      const [kind, organisationId, projectId] = room.split(":");
      return kind === "presence" && organisationId && projectId ? [{ organisationId, projectId }] : [];
    });
  io.on("presenceChanged", (organisationId, projectId) => {
    if (here(presenceRoom(organisationId, projectId)).size > 0) void refresh({ organisationId, projectId });
  });
  const timer = setInterval(() => void Promise.all(projects().map(refresh)), period);

  return {
    changed: (organisationId, projectId) => {
      told.delete(presenceRoom(organisationId, projectId)); // who has just come has been told nothing yet
      void refresh({ organisationId, projectId }).then(() =>
        io.serverSideEmit("presenceChanged", organisationId, projectId),
      );
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.allSettled(
        projects().map(({ organisationId, projectId }) =>
          say(redis, presenceRoom(organisationId, projectId), instance, new Set(), Date.now()),
        ),
      );
    },
  };
}

/** Says who is here, and gives everybody who is anywhere, sorted. Members are `<instance> <subject>`, scores the end of their time. */
async function say(
  redis: Redis,
  room: string,
  instance: string,
  subjects: Set<string>,
  now: number,
): Promise<string[]> {
  const known = await redis.zrange(room, 0, -1);
  const gone = known.filter((member) => member.startsWith(`${instance} `) && !subjects.has(subjectOf(member)));
  const pipeline = redis.multi().zremrangebyscore(room, "-inf", now);
  if (gone.length > 0) pipeline.zrem(room, ...gone);
  for (const subject of subjects) pipeline.zadd(room, now + lifetime * 1000, `${instance} ${subject}`);
  pipeline.expire(room, lifetime).zrange(room, 0, -1);
  const results = await pipeline.exec();
  const members = results?.at(-1)?.[1];
  if (!Array.isArray(members)) throw new Error("Redis gave no list");
  return [...new Set(members.map((member) => subjectOf(String(member))))].sort();
}

function subjectOf(member: string): string {
  return member.slice(member.indexOf(" ") + 1);
}
