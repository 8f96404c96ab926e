import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveBlueprint } from "../blueprint/resolve.ts";
import { kinds } from "../components/index.ts";
import { allNeeds, consumersOf } from "./needs.ts";
import { sorted, startOrder, stopOrder } from "./order.ts";

const file = new URL("../../purlin.yaml", import.meta.url).pathname;
const { components: specs } = resolveBlueprint({ file });

describe("the platform of the example", () => {
  test("starts what is needed before what needs it, monitoring last", () => {
    const order = startOrder(specs);
    const place = (kind: (typeof order)[number]) => order.indexOf(kind);
    for (const needed of ["postgres", "redis", "storage"] as const)
      expect(place(needed)).toBeLessThan(place("services"));
    expect(place("services")).toBeLessThan(place("gateway"));
    expect(place("postgres")).toBeLessThan(place("mindsdb"));
    expect(order.at(-1)).toBe("monitoring");
    expect(order.toSorted()).toEqual(kinds.toSorted());
  });

  test("stops in the reverse order", () => {
    expect(stopOrder(specs)).toEqual(startOrder(specs).reverse());
  });

  test("ignores what is not part of it", () => {
    expect(startOrder({ ...(specs.gateway && { gateway: specs.gateway }) })).toEqual(["gateway"]);
  });

  test("has an edge for every claim", () => {
    const consumers = consumersOf("postgres", allNeeds(specs)).map(({ consumer }) => consumer);
    expect(new Set(consumers)).toEqual(new Set(["auth", "api", "realtime", "worker", "mindsdb"]));
  });
});

describe("sorting", () => {
  const nodes = ["a", "b", "c", "d", "e", "f"];

  test("keeps the given order where it may", () => {
    expect(sorted(nodes, () => [])).toEqual(nodes);
  });

  test("writes a circle out", () => {
    const before: Record<string, string[]> = { a: ["b"], b: ["c"], c: ["d"], d: ["b"] };
    expect(() => sorted(nodes, (node) => before[node] ?? [])).toThrow(
      "components wait for each other: b -> c -> d -> b",
    );
  });

  test("puts every node once and after all it waits for, whatever the graph without circles", () => {
    const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5)).filter(([from, to]) => to < from));
    fc.assert(
      fc.property(edges, fc.shuffledSubarray(nodes, { minLength: 6 }), (pairs, shuffled) => {
        const before = (node: string) =>
          pairs.filter(([from]) => nodes[from] === node).map(([, to]) => nodes[to] ?? "");
        const order = sorted(shuffled, before);
        expect([...order].sort()).toEqual(nodes);
        for (const node of order) {
          for (const earlier of before(node)) expect(order.indexOf(earlier)).toBeLessThan(order.indexOf(node));
        }
      }),
    );
  });
});
