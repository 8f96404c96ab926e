import type { Operation, Plan, PlanRow, Risk } from "../../../engine/engine.ts";
import { painter, type Colour, type Paint } from "../../../output/paint.ts";
import type { Terminal } from "../../../output/terminal.ts";
import { countText } from "../../../progress/counts.ts";

const signs = {
  create: ["+", "green"],
  update: ["~", "yellow"],
  replace: ["±", "magenta"],
  delete: ["-", "red"],
  read: ["<", "dim"],
  same: [" ", "dim"],
} as const satisfies Record<Operation, [sign: string, colour: Colour]>;

const risks = {
  none: undefined,
  restart: ["restarts", "yellow"],
  downtime: ["downtime", "red"],
  "data-loss": ["DATA LOSS", "red"],
} as const satisfies Record<Risk, [text: string, colour: Colour] | undefined>;

/** A plan grouped by component, in the engine's order; one line a change, with its reasons and its risk. */
export function planLines(
  { rows, resources }: Pick<Plan, "rows" | "resources">,
  to: Pick<Terminal, "colour">,
): string[] {
  const paint = painter(to);
  if (rows.length === 0) return [`No changes: ${countText(resources)}.`];
  const groups = Map.groupBy(rows, ({ component }) => component);
  return [
    ...[...groups].flatMap(([component, changes]) => [
      paint("bold", component),
      ...changes.map((row) => `  ${changeText(row, paint)}`),
    ]),
    "",
    `Plan: ${countText(resources, "todo")}. \`purlin up\` makes it so.`,
  ];
}

function changeText({ operation, name, reasons, risk }: PlanRow, paint: Paint): string {
  const [sign, colour] = signs[operation];
  const why = reasons.length === 0 ? "" : paint("dim", `  ${reasons.join(", ")}`);
  const danger = risks[risk];
  return `${paint(colour, `${sign} ${name}`)}${why}${danger === undefined ? "" : `  ${paint(danger[1], `[${danger[0]}]`)}`}`;
}
