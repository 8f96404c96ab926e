import type { RunSummary } from "../../../engine/engine.ts";
import { duration } from "../../../output/duration.ts";
import { painter } from "../../../output/paint.ts";
import { table } from "../../../output/table.ts";
import type { Terminal } from "../../../output/terminal.ts";
import { pagesOf } from "../../../pages.ts";
import { pickString } from "../../../pick.ts";
import { countText } from "../../../progress/counts.ts";
import type { ComponentTime } from "../component-times.ts";

interface Closing {
  title: string;
  summary: RunSummary;
  durations: readonly ComponentTime[];
  to: Pick<Terminal, "colour">;
}

/** The table that ends `purlin up`: where everything is, where the credentials are, what took how long, what next. */
export function closingLines({ title, summary, durations, to }: Closing): string[] {
  const paint = painter(to);
  const outputs = summary.outputs ?? {};
  const ca = pickString(outputs, "gateway", "ca");
  const rows = [
    ...pagesOf(outputs).map(({ name, url }) => [name, paint("cyan", url)]),
    ["credentials", "purlin outputs --show-secrets"],
    ...(ca === undefined ? [] : [["certificate", `trust ${ca}`]]),
    ...(durations.length === 0 ? [] : [["durations", durationsText(durations)]]),
  ];
  return [
    `${paint("green", "✓")} ${paint("bold", `${title} is up`)}: ${countText(summary.resources)}, ${duration(summary.durationSeconds)}`,
    "",
    ...table(rows).map((line) => `  ${line}`),
    "",
    "Next: `purlin status`, `purlin logs -f`, `purlin open`; `purlin down` stops it and keeps the data.",
  ];
}

function durationsText(durations: readonly ComponentTime[]): string {
  return durations.map(({ component, seconds }) => `${component} ${duration(seconds)}`).join(", ");
}
