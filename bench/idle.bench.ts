import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "../tests/e2e/support/project.ts";
import { interleave, Series } from "./measure.ts";
import { compare, type Figure } from "./report.ts";
import { startAllBare } from "./support/bare.ts";
import { memoryOf } from "./support/memory.ts";
import { fullBlueprint, homeOf, withProject } from "./support/platform.ts";

/** Until daemons have done what they do after a start. */
const settleMs = 15_000;

/**
 * What running and stopping the platform costs over its bare daemons: memory at rest, and `down` against the daemon that
 * takes longest to stop by itself, nothing else stopping at that time.
 */
export function benchIdle(rounds: number): Promise<Figure[]> {
  const platform = { memory: new Series("the platform at rest"), stop: new Series("`purlin down`") };
  const bare = { memory: new Series("its daemons, bare"), stop: new Series("slowest daemon's own stop") };
  return withProject(fullBlueprint, async (project) => {
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
        let slowest = 0;
        try {
          bare.memory.add(await settled(project));
        } finally {
          for (const daemon of daemons) slowest = Math.max(slowest, await timed(daemon.stop));
        }
        bare.stop.add(slowest);
      },
    ]);
    return [
      compare({ what: "memory of the platform at rest", unit: "MiB", target: 1.15 }, platform.memory, bare.memory),
      compare({ what: platform.stop.label, unit: "ms", target: 1.5 }, platform.stop, bare.stop),
    ];
  });
}

async function settled({ home }: Project): Promise<number> {
  await sleep(settleMs);
  return memoryOf(home);
}

/** Milliseconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
