import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "../tests/e2e/support/project.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { startAllBare, type BareDaemon } from "./support/bare.ts";
import { memoryOf } from "./support/memory.ts";
import { fullBlueprint, homeOf, withProject } from "./support/platform.ts";

/** Until daemons have done what they do after a start. */
const settleMs = 10_000;

/**
 * What running and stopping the platform costs over its bare daemons: memory at rest, and `down` against the daemon that
 * takes longest to stop by itself, nothing else stopping at that time. Some would take longer than purlin waits for
 * them, so `down` is also shown against the slowest of the others.
 */
export async function benchIdle(rounds: number): Promise<Figure[]> {
  const platform = { memory: new Series("the platform at rest"), stop: new Series("`purlin down`") };
  const bare = {
    memory: new Series("its daemons, bare"),
    slowest: new Series("slowest daemon's own stop"),
    slowestWaitedFor: new Series("slowest stop of a daemon that purlin lets finish"),
  };
  return withProject(await fullBlueprint(), async (project) => {
    await project.ok("up"); // first starts write more than later ones
    await project.ok("down");
    await interleave(rounds, [
      async () => {
        await project.ok("up");
        platform.memory.add(await settled(project));
        await platform.stop.time(() => project.ok("down"));
      },
      async () => {
        const daemons = await startAllBare(homeOf(project));
        const stops: Stop[] = [];
        try {
          bare.memory.add(await settled(project));
        } finally {
          for (const daemon of daemons) stops.push(await measureStop(daemon));
        }
        bare.slowest.add(slowest(stops));
        bare.slowestWaitedFor.add(slowest(stops.filter(({ ms, patience }) => ms < patience)));
      },
    ]);
    return [
      compare({ what: "memory of the platform at rest", unit: "MiB", target: 1.15 }, platform.memory, bare.memory),
      compare({ what: platform.stop.label, unit: "ms", target: 1.5 }, platform.stop, bare.slowest),
      compare({ what: platform.stop.label, unit: "ms" }, platform.stop, bare.slowestWaitedFor),
    ];
  });
}

interface Stop {
  ms: number;
  patience: number;
}

async function measureStop({ stop, patience }: BareDaemon): Promise<Stop> {
  const started = performance.now();
  await stop();
  return { ms: performance.now() - started, patience };
}

function slowest(stops: readonly Stop[]): number {
  return Math.max(...stops.map(({ ms }) => ms));
}

async function settled({ home }: Project): Promise<number> {
  await sleep(settleMs);
  return memoryOf(home);
}
