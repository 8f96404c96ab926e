import { availableParallelism, totalmem } from "node:os";

/** Memory and processors this process may use: what the machine has, or what its container's cgroup allows. */
export function measureMachine(): { memoryBytes: number; cpus: number } {
  const limit = process.constrainedMemory(); // 0 or a huge number when there is no limit
  return {
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
    cpus: availableParallelism(),
  };
}
