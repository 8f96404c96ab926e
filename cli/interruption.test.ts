import { expect, test, vi } from "vitest";
import { createInterruption } from "./interruption.ts";

test("unguarded, the first signal leaves at once", () => {
  const exit = vi.fn();
  const interruption = createInterruption(exit);
  interruption.interrupt();
  expect(exit).toHaveBeenCalledOnce();
  expect(interruption.signal.aborted).toBe(true);
});

test("guarded, the first asks to finish and the second leaves", () => {
  const exit = vi.fn();
  const guard = { finish: vi.fn(), leave: vi.fn() };
  const interruption = createInterruption(exit);
  interruption.guard(guard);
  interruption.interrupt();
  expect([guard.finish.mock.calls.length, guard.leave.mock.calls.length, exit.mock.calls.length]).toEqual([1, 0, 0]);
  interruption.interrupt();
  expect([guard.finish.mock.calls.length, guard.leave.mock.calls.length, exit.mock.calls.length]).toEqual([1, 1, 1]);
});

test("after its release a guard is no longer in charge, and a later guard is", () => {
  const exit = vi.fn();
  const [early, late] = [
    { finish: vi.fn(), leave: vi.fn() },
    { finish: vi.fn(), leave: vi.fn() },
  ];
  const interruption = createInterruption(exit);
  const release = interruption.guard(early);
  interruption.guard(late);
  release();
  interruption.interrupt();
  expect(late.finish).toHaveBeenCalledOnce();
  expect(early.finish).not.toHaveBeenCalled();
});

test("when nobody reads any more, an unguarded command leaves quietly and a guarded one finishes, once", () => {
  const exit = vi.fn();
  createInterruption(exit).unheard();
  expect(exit.mock.calls).toEqual([["unheard"]]);

  const guard = { finish: vi.fn(), leave: vi.fn() };
  const guarded = createInterruption(exit);
  guarded.guard(guard);
  guarded.unheard();
  guarded.unheard(); // every message that follows fails, too
  expect([guard.finish.mock.calls.length, guard.leave.mock.calls.length, exit.mock.calls.length]).toEqual([1, 0, 1]);
});
