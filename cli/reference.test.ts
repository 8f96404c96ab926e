import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { generatedFiles } from "./reference.ts";

test.each([...generatedFiles()])(
  "%s is what the command tree says: `npm run generate` after a change",
  (path, content) => {
    expect(readFileSync(path, "utf8")).toBe(content);
  },
);
