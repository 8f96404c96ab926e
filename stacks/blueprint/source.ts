import type { BlueprintProblem } from "../../errors/catalog.ts";
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import type { Finding, Path } from "./problem.ts";
import { showPath } from "./problem.ts";

interface Found {
  /** How many keys of the path are in the file. */
  depth: number;
  /** Where the deepest of them is. */
  key?: Node | undefined;
  value?: Node | undefined;
}

/** The parsed file: its plain value, and where in the text each path is. */
export class Source {
  readonly value: Record<string, unknown>;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter, value: Record<string, unknown>) {
    this.#document = document;
    this.#lines = lines;
    this.value = value;
  }

  /**
   * The problem a finding is, in this file. A path of the resolved blueprint may be in the stack's overlay or in the
   * file proper: the overlay wins where it has the whole path, and otherwise the one that has more of it.
   */
  locate(finding: Finding, stack?: string): BlueprintProblem {
    const base = this.#find(finding.path);
    if (stack === undefined) return this.#problem(finding, finding.path, base);
    const prefix = ["stacks", stack, "set"];
    const path = [...prefix, ...finding.path];
    const overlay = this.#find(path);
    const inOverlay = overlay.depth === path.length || overlay.depth - prefix.length > base.depth;
    return inOverlay ? this.#problem(finding, path, overlay) : this.#problem(finding, finding.path, base);
  }

  #problem(finding: Finding, path: Path, found: Found): BlueprintProblem {
    const whole = found.depth === path.length && finding.onKey !== true;
    const node = whole ? (found.value ?? found.key) : found.key;
    const offset = node?.range?.[0] ?? 0;
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col, path: showPath(path), message: finding.message };
  }

  #find(path: Path): Found {
    let found: Found = { depth: 0, value: this.#document.contents ?? undefined };
    for (const step of path) {
      const next = this.#step(found.value, step);
      if (next === undefined) break;
      found = { depth: found.depth + 1, key: next.key ?? found.key, value: next.value };
    }
    return found;
  }

  #step(node: Node | undefined, step: string | number): Omit<Found, "depth"> | undefined {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isSeq<Node>(target)) {
      const item = target.items[Number(step)];
      return item && { key: item, value: item };
    }
    if (!isMap<Node, Node | null>(target)) return undefined;
    const pair: Pair<Node, Node | null> | undefined = target.items.find(
      ({ key }) => isScalar(key) && String(key.value) === String(step),
    );
    return pair && { key: pair.key, value: pair.value ?? undefined };
  }
}
