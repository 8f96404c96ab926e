import { expect, test } from "vitest";
import { fromSortable, latest, reached, sortable, toLsn } from "./lsn.ts";

test("positions are compared as numbers, not as they are printed", () => {
  expect(reached(toLsn("10/0"), toLsn("9/FFFFFFFF"))).toBe(true);
  expect(reached(toLsn("0/9FFFFFF"), toLsn("0/10000000"))).toBe(false);
  expect(reached(toLsn("1/1"), toLsn("1/1"))).toBe(true);
  expect(latest(toLsn("A/0"), toLsn("9/FF"))).toBe("A/0");
  expect(latest(undefined, toLsn("9/FF"))).toBe("9/FF");
});

test.each(["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "0/1000"])("%s survives its sortable form", (text) => {
  expect(fromSortable(sortable(toLsn(text)))).toBe(text);
});

test.each(["", "16/B374D848", "00000016b374d848", "00000016B374D8480", "' OR 1=1", null, undefined])(
  "%j is not a sortable position",
  (text) => {
    expect(fromSortable(text)).toBeUndefined();
  },
);
