const MiB = 2 ** 20;
const GiB = 2 ** 30;

export interface Machine {
  memoryBytes: number;
  cpus: number;
}

/** Memory settings of one server, in bytes, and its parallelism. */
export interface Tuning {
  sharedBuffers: number;
  effectiveCacheSize: number;
  workMem: number;
  maintenanceWorkMem: number;
  minWalSize: number;
  maxWalSize: number;
  maxSlotWalKeepSize: number;
  parallelWorkers: number;
}

/**
 * Settings for each of `servers` equal servers. They share `memory` bytes; absent, each has a twenty-fourth of the
 * machine, so that one more replica restarts no other server, and the default three leave most of the machine to the
 * rest of the platform and the page cache.
 * https://www.postgresql.org/docs/18/runtime-config-resource.html
 */
export function tune(
  machine: Machine,
  { servers, maxConnections, memory }: { servers: number; maxConnections: number; memory?: number | undefined },
): Tuning {
  const share = memory === undefined ? clamp(machine.memoryBytes / 24, 64 * MiB, 20 * GiB) : memory / servers;
  const sharedBuffers = clamp(share / 4, 16 * MiB, 16 * GiB);
  const maxWalSize = clamp(share, 256 * MiB, 8 * GiB);
  return {
    sharedBuffers,
    effectiveCacheSize: clamp((share * 3) / 4, 64 * MiB, 512 * GiB),
    // Each connection may use several times this, yet few are ever busy at once.
    workMem: clamp((share - sharedBuffers) / maxConnections, 4 * MiB, 128 * MiB),
    maintenanceWorkMem: clamp(share / 16, 16 * MiB, GiB),
    minWalSize: maxWalSize / 4,
    maxWalSize,
    // A replica that is away for longer is copied anew rather than allowed to fill the primary's disk.
    maxSlotWalKeepSize: Math.max(4 * maxWalSize, 2 * GiB),
    parallelWorkers: clamp(Math.floor(machine.cpus / 2), 1, 8),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
