import { lastLines } from "./logs.ts";
import { supervisorLog, type SupervisorHome } from "./places.ts";

const searchedLines = 200;

/**
 * How a process ended last, in words: `exited with status 3`, `was ended by SIGKILL`. From the supervisor's log, because
 * its interface forgets the status of a process that ended quickly, and every signal's name.
 */
export async function lastEnd(home: SupervisorHome, name: string): Promise<string> {
  const lines = await lastLines(supervisorLog(home), searchedLines);
  const match = lines.map((line) => / exited: (\S+) \((.*?)(?:; (?:not )?expected)?\)$/.exec(line));
  const [, , end = ""] = match.findLast((found) => found?.[1] === name) ?? [];
  if (end === "") return "ended";
  return end.replace(/^exit status/, "exited with status").replace(/^terminated by/, "was ended by");
}
