import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * The first folder or file on the way to `path` that other users cannot enter or read, or undefined. Under root the
 * platform's daemons run as an unprivileged user, so a tool inside /root is no use to them.
 */
export async function firstUnreachable(path: string): Promise<string | undefined> {
  const steps: string[] = [];
  for (let step = await realpath(path); ; step = dirname(step)) {
    steps.unshift(step);
    if (dirname(step) === step) break;
  }
  for (const step of steps) {
    const { mode } = await stat(step);
    if ((mode & 0o001) === 0) return step;
  }
  return undefined;
}

/** Whether what is installed must serve another user than the caller. */
export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}
