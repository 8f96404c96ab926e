import fc from "fast-check";
import { expect, test } from "vitest";
import { overlay } from "./overlay.ts";

test("mappings merge, lists and values are replaced, null takes away", () => {
  const base = { a: { x: 1, y: [1, 2] }, b: { z: 1 }, c: 1 };
  expect(overlay(base, { a: { y: [3] }, b: null, c: { d: 1 } })).toEqual({ a: { x: 1, y: [3] }, c: { d: 1 } });
});

const mapping = fc.dictionary(fc.string(), fc.jsonValue());

test("laying the same over twice is laying it over once, and nothing given is changed", () => {
  fc.assert(
    fc.property(mapping, mapping, (base, set) => {
      const before = JSON.stringify([base, set]);
      const once = overlay(base, set);
      expect(overlay(once, set)).toEqual(once);
      expect(JSON.stringify([base, set])).toBe(before);
    }),
  );
});
