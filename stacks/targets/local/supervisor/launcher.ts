import type { ProcessSpec } from "./process-spec.ts";

/**
 * The script supervisord runs for a process: it records who it is, then becomes the daemon by `exec`, which keeps
 * pid and start time. Environment travels in this file (0600) because arguments can be seen by every user of the
 * machine, and supervisord's own `environment=` expands `%`.
 */
export function renderLauncher(spec: ProcessSpec, files: { identity: string }): string {
  return [
    "#!/bin/sh",
    "unset SUPERVISOR_ENABLED SUPERVISOR_SERVER_URL SUPERVISOR_PROCESS_NAME SUPERVISOR_GROUP_NAME",
    recordIdentity(files.identity),
    ...Object.entries(spec.env).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(spec.cwd === undefined ? [] : [`cd ${quote(spec.cwd)} || exit 126`]),
    `exec ${spec.command.map(quote).join(" ")}`,
    "",
  ].join("\n");
}

/** Any text as one word of a POSIX shell, byte for byte. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Writes `<pid> <start time> <number of starts>` to `file`. The start time comes from the kernel (field 22 of
 * /proc/<pid>/stat, in ticks since boot; `ps` where there is no /proc): together with the pid it names one process for
 * ever, so that a pid used again is never mistaken for ours. See proc_pid_stat(5); the command's name in it may hold
 * blanks, hence the cut at the last parenthesis.
 */
export function recordIdentity(file: string): string {
  return `record_identity() {
  starts=0
  if [ -r "$1" ]; then read -r _ _ starts < "$1"; fi
  identity=$1
  if [ -r "/proc/$$/stat" ]; then
    read -r stat < "/proc/$$/stat"
    set -- \${stat##*) }
    shift 19
    started=$1
  else
    started=$(LC_ALL=C ps -o lstart= -p "$$" | tr -s ' ' '_')
  fi
  echo "$$ $started $((\${starts:-0} + 1))" > "$identity"
  unset identity starts stat started
}
record_identity ${quote(file)}
unset -f record_identity`;
}
