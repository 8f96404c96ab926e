import { pipeline, Transform, type Readable } from "node:stream";
import { Problem, type FieldProblem } from "@purlin/kit/problems";
import { CsvError, parse } from "csv-parse";
import { unguardFormula } from "../exports/formulas.ts";

/** A line of the file, by the names of its header. */
export interface CsvRow {
  /** Where it ends in the file; the header is line 1. */
  line: number;
  values: Record<string, string>;
}

export interface CsvColumns {
  required: readonly string[];
  optional: readonly string[];
}

/** UTF-16 units of one row: a quote that is never closed would otherwise gather the whole file. */
const rowLimit = 64 * 1024;

/**
 * Reads CSV (RFC 4180; also with LF, also with a byte order mark) as it arrives, a row at a time. Empty lines are passed over.
 * @throws Problem invalid_request for a header with columns missing, unknown or twice; malformed_body for what is not CSV
 * or not UTF-8, and for a body that ends before it is whole.
 */
export async function* readRows(body: Readable, columns: CsvColumns): AsyncGenerator<CsvRow, undefined, undefined> {
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkHeader(header, columns),
    info: true,
    max_record_size: rowLimit,
    record_delimiter: ["\r\n", "\n", "\r"],
    skip_empty_lines: true,
  });
  const text = utf8();
  pipeline(text, parser, () => undefined); // what goes wrong is thrown by the loop below
  // the body itself is left whole: destroying it would end the connection on which the client is told what was wrong
  body
    .on("error", () => undefined)
    .once("close", () => {
      if (!body.readableEnded) text.destroy(new Problem("malformed_body", { detail: "the body ended early" }));
    });
  body.pipe(text);
  try {
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      const values = Object.entries(record).map(([name, value]) => [name, unguardFormula(value)] as const);
      yield { line: info.lines, values: Object.fromEntries(values) };
    }
    if (parser.info.lines <= 1 && parser.info.bytes === 0) checkHeader([], columns); // an empty file has no header to refuse
  } catch (error) {
    if (error instanceof CsvError) throw new Problem("malformed_body", { detail: error.message, cause: error });
    throw error;
  } finally {
    body.unpipe(text);
    text.destroy();
  }
}

interface ParsedRow {
  record: Record<string, string>;
  info: { lines: number };
}

function checkHeader(header: string[], { required, optional }: CsvColumns): string[] {
  const errors: FieldProblem[] = [
    ...required
      .filter((name) => !header.includes(name))
      .map((name) => ({ path: `header.${name}`, message: "is missing" })),
    ...header.flatMap((name, index) => {
      const path = `header.${name.slice(0, 100)}`;
      if (header.indexOf(name) !== index) return [{ path, message: "is there twice" }];
      return [...required, ...optional].includes(name) ? [] : [{ path, message: "is not a known column" }];
    }),
  ];
  if (errors.length > 0) throw new Problem("invalid_request", { errors: errors.slice(0, 50) });
  return header;
}

/** Passes on bytes that are UTF-8 and no others; a parser would put replacement characters in somebody's text. */
function utf8(): Transform {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const check = (chunk: Buffer | undefined): Error | null => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
      return null;
    } catch (error) {
      return new Problem("malformed_body", { detail: "the file is not UTF-8", cause: error });
    }
  };
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(check(chunk), chunk),
    flush: (done) => done(check(undefined)),
  });
}
