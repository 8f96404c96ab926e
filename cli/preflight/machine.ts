import { release } from "node:os";
import { measureMachine } from "../../stacks/targets/local/machine.ts";
import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import { mebibytes } from "./sizes.ts";
import type { Check } from "./check.ts";

const mebi = 2 ** 20;

/** Memory the platform needs, roughly: MindsDB takes most of it. */
export const memory: Check = {
  id: "memory",
  title: "memory",
  beforeUp: true,
  run({ blueprint }) {
    const needed = estimate(blueprint);
    const { memoryBytes, cpus } = measureMachine();
    const detail = `${mebibytes(memoryBytes)}, ${cpus} processors; the platform needs about ${mebibytes(needed)}`;
    if (memoryBytes >= needed) return { level: "ok", detail };
    return { level: "warn", detail, remedy: "leave mindsdb or replicas out of the stack, or use a larger machine" };
  },
};

/** Windows Subsystem for Linux 1 has no real /proc and no signals as the supervisor needs them. */
export const wsl: Check = {
  id: "wsl",
  title: "operating system",
  beforeUp: true,
  run() {
    const kernel = release();
    const detail = `${process.platform} ${process.arch}, ${kernel}`;
    if (!/Microsoft$/.test(kernel)) return { level: "ok", detail };
    return { level: "fail", detail: "WSL 1", remedy: "convert the distribution: `wsl --set-version <name> 2`" };
  },
};

/** Certificates and tokens are dated: a clock far in the past makes them invalid. */
export const clock: Check = {
  id: "clock",
  title: "clock",
  beforeUp: true,
  run() {
    const now = new Date();
    if (now >= builtAfter) return { level: "ok", detail: now.toISOString() };
    const remedy = "set the clock: `timedatectl set-ntp true`";
    return { level: "fail", detail: `it says ${now.toISOString()}, which is in the past`, remedy };
  },
};

/** Purlin did not exist before. */
const builtAfter = new Date("2026-01-01T00:00:00Z");

function estimate({ components }: Blueprint): number {
  const { postgres, redis, mindsdb, services = {} } = components;
  const instances = Object.values(services).reduce((sum, { instances }) => sum + instances, 0);
  return (
    512 * mebi +
    (postgres === undefined ? 0 : 128 * mebi * (1 + postgres.replicas)) +
    (redis === undefined ? 0 : 64 * mebi) +
    (mindsdb === undefined ? 0 : 2048 * mebi) +
    96 * mebi * instances
  );
}
