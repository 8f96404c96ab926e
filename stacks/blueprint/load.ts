import { readFileSync, statSync } from "node:fs";
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { BlueprintProblem } from "../../errors/catalog.ts";
import { PurlinError } from "../../errors/purlin-error.ts";
import { isMapping } from "./mapping.ts";
import { shown } from "./shown.ts";
import { Source } from "./source.ts";

const sizeLimit = 2 ** 20;
const aliasLimit = 100;
const depthLimit = 100;

/**
 * Reads a blueprint file into plain values with their places, checking only that it is one YAML mapping. Throws
 * BLUEPRINT_NOT_FOUND, BLUEPRINT_UNREADABLE or BLUEPRINT_INVALID, whatever the file holds.
 *
 * @param shown how problems name it
 */
export function loadBlueprint(file: string, shown = file): Source {
  return parseBlueprint(shown, readText(file));
}

/** Like loadBlueprint, for text at hand; `file` is how problems name it. */
export function parseBlueprint(file: string, text: string): Source {
  const refuse = (problems: BlueprintProblem[]) => new PurlinError("BLUEPRINT_INVALID", { file, problems });
  const refuseWhole = (message: string) => refuse([{ line: 1, column: 1, path: "", message }]);
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const slips =
      [depthSlips, parserSlips, nodeSlips].map((look) => look(document)).find(({ length }) => length > 0) ?? [];
    if (slips.length > 0) {
      throw refuse(slips.map(({ offset, message }) => ({ ...placeOf(lines, offset), path: "", message })));
    }
    if (document.contents === null) throw refuseWhole("the file is empty; `purlin init` writes one to start from");
    const value: unknown = document.toJS({ maxAliasCount: aliasLimit });
    if (!isMapping(value)) throw refuseWhole(`expected a mapping of keys to values, not ${shown(value)}`);
    return new Source(document, lines, value);
  } catch (error) {
    // The parser recurses and counts aliases as it unfolds them; these are how it gives up on a hostile file.
    if (error instanceof RangeError) throw refuseWhole(tooDeep);
    if (error instanceof ReferenceError)
      throw refuseWhole(`aliases unfold more than ${aliasLimit} times; write the values out`);
    throw error;
  }
}

const tooDeep = `nested more than ${depthLimit} levels deep`;

function readText(file: string): string {
  const unreadable = (reason: string) => new PurlinError("BLUEPRINT_UNREADABLE", { path: file, reason });
  const bytes = onDisk(file, () => {
    const stat = statSync(file);
    if (!stat.isFile()) throw unreadable("it is not a file");
    if (stat.size > sizeLimit) throw unreadable("it is larger than 1 MiB");
    return readFileSync(file);
  });
  if (bytes.includes(0)) throw unreadable("it is binary, not text");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unreadable("it is not UTF-8 text");
  }
}

function onDisk<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PurlinError || !(error instanceof Error && "code" in error)) throw error;
    if (error.code === "ENOENT" || error.code === "ENOTDIR")
      throw new PurlinError("BLUEPRINT_NOT_FOUND", { path: file });
    const reason = error.code === "EACCES" ? "permission denied" : String(error.code);
    throw new PurlinError("BLUEPRINT_UNREADABLE", { path: file, reason }, { cause: error });
  }
}

interface Slip {
  offset: number;
  message: string;
}

/** The parser's own codes, said for someone who does not write YAML every day. */
const phrases: Partial<Record<string, string>> = {
  TAB_AS_INDENT: "a tab is used to indent; YAML takes spaces only",
  DUPLICATE_KEY: "this key is written twice in its mapping; keep one",
  MULTIPLE_DOCS: "a second document starts here; a blueprint is one document",
};

/** What the parser holds against the text; of what it says in its own words only the first, which the rest follow from. */
function parserSlips(document: Document): Slip[] {
  const slips = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    offset: pos[0],
    message: phrases[code] ?? `not valid YAML: ${message}`,
    known: code in phrases,
  }));
  const known = slips.filter((slip) => slip.known);
  return known.length > 0 ? known : slips.slice(0, 1);
}

function depthSlips(document: Document): Slip[] {
  const slips: Slip[] = [];
  visit(document, {
    Node(_, node, path) {
      if (path.length <= 2 * depthLimit) return; // a level is a pair and its mapping
      slips.push({ offset: node.range?.[0] ?? 0, message: tooDeep });
      return visit.BREAK;
    },
  });
  return slips;
}

/** What YAML allows and a blueprint does not: keys that are no text, aliases of nothing. */
function nodeSlips(document: Document): Slip[] {
  const slips: Slip[] = [];
  visit(document, {
    Pair(_, { key }) {
      // `__proto__` is a key that JavaScript objects treat as their own.
      if (isScalar(key) && typeof key.value === "string" && key.value !== "__proto__") return;
      const name = isScalar(key) ? shown(key.value) : "a mapping or list";
      slips.push({ offset: (isNode(key) && key.range?.[0]) || 0, message: `${name} cannot be a key; keys are text` });
    },
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      slips.push({ offset: alias.range?.[0] ?? 0, message: `no anchor &${alias.source} comes before this alias` });
    },
  });
  return slips;
}

function placeOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
