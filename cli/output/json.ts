import type { Terminal } from "./terminal.ts";

/** Version of every JSON document the CLI prints. Fields are added without raising it; a changed meaning raises it. */
export const jsonVersion = 1;

/** Prints one indented document: `{ "version": 1, ... }`. */
export function writeDocument(to: Pick<Terminal, "write">, document: object): void {
  to.write(`${JSON.stringify({ version: jsonVersion, ...document }, null, 2)}\n`);
}

/** Prints one line of NDJSON; `type` tells the kinds of line apart. */
export function writeLine<T extends { type: string }>(to: Pick<Terminal, "write">, line: T): void {
  to.write(`${JSON.stringify({ version: jsonVersion, ...line })}\n`);
}
