import { expect, test } from "vitest";
import { createProgram } from "./program.ts";

const program = createProgram(() => Promise.resolve(), { stdout: { write: () => undefined } });

test("no option of a command hides behind one that every command has", () => {
  const everywhere = program.options.flatMap(({ short, long }) => [short, long]);
  const hidden = program.commands.flatMap((command) =>
    command.options.filter(({ short, long }) =>
      everywhere.some((flag) => flag !== undefined && [short, long].includes(flag)),
    ),
  );
  expect(hidden.map(({ flags }) => flags)).toEqual([]);
});
