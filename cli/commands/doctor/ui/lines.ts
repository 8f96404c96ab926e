import { painter, type Paint } from "../../../output/paint.ts";
import type { Terminal } from "../../../output/terminal.ts";
import type { CheckResult } from "../../../preflight/check.ts";

const marks = { ok: ["✓", "green"], warn: ["!", "yellow"], fail: ["✗", "red"] } as const;

/** One line a check, its remedy below it, and the verdict on all last. */
export function doctorLines(results: readonly CheckResult[], to: Pick<Terminal, "colour">): string[] {
  const paint = painter(to);
  const width = Math.max(...results.map(({ title }) => title.length));
  const count = (level: "warn" | "fail") => results.filter(({ verdict }) => verdict.level === level).length;
  return [
    ...results.flatMap((result) => checkLines(result, width, paint)),
    "",
    conclusion(count("fail"), count("warn")),
  ];
}

function checkLines({ title, verdict }: CheckResult, width: number, paint: Paint): string[] {
  const [mark, colour] = marks[verdict.level];
  const indent = " ".repeat(width + 4);
  const [first = "", ...more] = verdict.detail.split("\n");
  const lines = [`${paint(colour, mark)} ${title.padEnd(width)}  ${first}`, ...more.map((line) => indent + line)];
  if (verdict.level !== "ok") lines.push(`${indent}${paint("cyan", "fix:")} ${verdict.remedy}`);
  return lines;
}

function conclusion(failures: number, warnings: number): string {
  const also = warnings === 0 ? "" : ` (${warnings} to look at)`;
  if (failures === 0) return `Ready for \`purlin up\`${also}.`;
  return `${failures} ${failures === 1 ? "check" : "checks"} failed${also}: \`purlin up\` would stop before its first change.`;
}
