import { createInterface } from "node:readline/promises";
import type { Stdin } from "./context.ts";

/** Reads answers line by line; the stream is not touched before the first question. */
export function lineReader(stream: NodeJS.ReadableStream & { isTTY?: boolean }): Stdin {
  return {
    isTTY: stream.isTTY === true,
    async readLine() {
      const reader = createInterface({ input: stream });
      try {
        for await (const line of reader) return line;
        return undefined;
      } finally {
        reader.close();
      }
    },
  };
}
