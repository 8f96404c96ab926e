import fc from "fast-check";
import { expect, test } from "vitest";
import { tune } from "./tuning.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

test("three servers on a laptop of 16 GiB share an eighth of it", () => {
  const tuning = tune({ memoryBytes: 16 * GiB, cpus: 8 }, { servers: 3, maxConnections: 100 });
  expect(Math.floor(tuning.sharedBuffers / MiB)).toBe(170);
  expect(Math.floor(tuning.effectiveCacheSize / MiB)).toBe(512);
  expect(Math.floor(tuning.workMem / MiB)).toBe(5);
  expect(tuning.parallelWorkers).toBe(4);
});

test("one more replica changes no other server, unless the blueprint fixes the memory of all", () => {
  const machine = { memoryBytes: 16 * GiB, cpus: 8 };
  const of = (servers: number, memory?: number) => tune(machine, { servers, maxConnections: 100, memory });
  expect(of(3)).toEqual(of(2));
  expect(of(3, GiB).sharedBuffers).toBeLessThan(of(2, GiB).sharedBuffers);
});

test("the blueprint's memory wins over the machine's", () => {
  const machine = { memoryBytes: 64 * GiB, cpus: 2 };
  expect(tune(machine, { servers: 1, maxConnections: 20, memory: 512 * MiB }).sharedBuffers).toBe(128 * MiB);
});

test("settings are sane on any machine", () => {
  const machines = fc.record({
    memoryBytes: fc.integer({ min: 256 * MiB, max: 2 ** 42 }),
    cpus: fc.integer({ min: 1, max: 256 }),
  });
  const wanted = fc.record({
    servers: fc.integer({ min: 1, max: 6 }),
    maxConnections: fc.integer({ min: 20, max: 1000 }),
  });
  fc.assert(
    fc.property(machines, wanted, (machine, options) => {
      const tuning = tune(machine, options);
      expect(tuning.sharedBuffers).toBeGreaterThanOrEqual(16 * MiB);
      expect(tuning.sharedBuffers).toBeLessThan(tuning.effectiveCacheSize);
      expect(tuning.workMem).toBeGreaterThanOrEqual(4 * MiB);
      expect(tuning.minWalSize).toBeLessThan(tuning.maxWalSize);
      expect(tuning.maxWalSize).toBeLessThan(tuning.maxSlotWalKeepSize);
      // All servers' buffers together leave the machine to the rest of the platform.
      expect(tuning.sharedBuffers * options.servers).toBeLessThan(Math.max(machine.memoryBytes / 2, 97 * MiB));
    }),
  );
});
