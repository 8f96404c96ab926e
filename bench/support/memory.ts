import { readFileSync } from "node:fs";
import { findLeaks } from "../../tests/e2e/support/leaks.ts";

/**
 * Memory of every process of a data home, in MiB: the sum of their proportional set sizes, in which a page that several
 * share counts once. See proc_pid_smaps_rollup(5).
 */
export function memoryOf(home: string): number {
  const kilobytes = findLeaks(home).map(({ pid }) => proportionalSize(pid));
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1024;
}

function proportionalSize(pid: number): number {
  const [, size] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(size ?? 0);
}
