import { shown } from "./shown.ts";

const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** A number and a unit: `128MiB`, `1.5GiB`. */
export const sizePattern = /^(?<amount>\d+(?:\.\d+)?)(?<unit>B|KiB|MiB|GiB|TiB)$/;

/** Whole bytes of a size; NaN for a text that is none. */
export function parseBytes(size: string): number {
  const { amount, unit } = sizePattern.exec(size)?.groups ?? {};
  const factor = Object.entries(units).find(([name]) => name === unit)?.[1] ?? NaN;
  return Math.floor(Number(amount) * factor);
}

/** What is said of a value that should be a size and is none. */
export function noSize(value: unknown): string {
  return `${shown(value)} is not a size; write a number and KiB, MiB or GiB, like 128MiB`;
}

/** Bytes as a size, in the largest unit that keeps them exact: 134217728 -> `128MiB`. */
export function showBytes(bytes: number): string {
  const [unit, factor] = Object.entries(units).findLast(([, factor]) => bytes % factor === 0) ?? ["B", 1];
  return `${bytes / factor}${unit}`;
}
