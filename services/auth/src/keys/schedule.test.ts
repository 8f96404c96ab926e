import { describe, expect, test } from "vitest";
import { schedule, type ScheduledKey } from "./schedule.ts";

const day = 86_400_000;
const policy = { lifetime: 30 * day, lead: day, retention: 2 * day };
const at = (days: number) => new Date(Date.UTC(2026, 0, 1) + days * day);
const key = (id: string, days: number): ScheduledKey => ({ id, activeFrom: at(days) });
const ids = (keys: ScheduledKey[]) => keys.map(({ id }) => id);

describe("the schedule of keys", () => {
  test("the first key is used at once", () => {
    expect(schedule([], at(0), policy)).toEqual({ published: [], missing: at(0), expired: [] });
  });

  test("nothing is to be done while a key is young", () => {
    const result = schedule([key("a", 0)], at(28), policy);
    expect(ids(result.published)).toEqual(["a"]);
    expect(result.missing).toBeUndefined();
  });

  test("the next key is made before it is used", () => {
    expect(schedule([key("a", 0)], at(29), policy).missing).toEqual(at(30));
  });

  test("a key that is made too late is still published before it is used", () => {
    expect(schedule([key("a", 0)], at(45), policy).missing).toEqual(at(46));
  });

  test("a published key does not sign before its time", () => {
    const result = schedule([key("a", 0), key("b", 30)], at(29.5), policy);
    expect(ids(result.published)).toEqual(["a", "b"]);
    expect(result.missing).toBeUndefined();
  });

  test("the old key stays published until nothing signed with it is good any more", () => {
    const keys = [key("a", 0), key("b", 30)];
    expect(ids(schedule(keys, at(31.9), policy).published)).toEqual(["b", "a"]);
    const later = schedule(keys, at(32), policy);
    expect(ids(later.published)).toEqual(["b"]);
    expect(ids(later.expired)).toEqual(["a"]);
  });

  test("with nothing but a future key, as under a clock that went back, that one is used", () => {
    expect(ids(schedule([key("a", 1)], at(0), policy).published)).toEqual(["a"]);
  });

  test("a key that was taken away is replaced at once by the one that is published already", () => {
    expect(ids(schedule([key("b", 30)], at(29.5), policy).published)).toEqual(["b"]);
  });
});
