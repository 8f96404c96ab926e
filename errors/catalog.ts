import type { ExitFamily } from "./exit-codes.ts";
import type { ErrorText } from "./purlin-error.ts";

/*
 * Every error a user may see. A code is permanent: it is never renamed or reused. An entry says what happened, why,
 * and how to mend it; the family decides the exit code. Keep entries grouped by family and in the order of a run.
 */

function entry<D>(family: ExitFamily, text: (details: D) => ErrorText) {
  return { family, text };
}

export const catalog = {
  BLUEPRINT_NOT_FOUND: entry("blueprint", (d: { path: string }) => ({
    what: `no blueprint at ${d.path}`,
    fix: "run `purlin init` to write one, or name it with --file",
  })),
  STACK_UNKNOWN: entry("usage", (d: { name: string; stack: string }) => ({
    what: `stack ${d.stack} of ${d.name} has never been brought up on this machine`,
    fix: "run `purlin up`",
  })),
  HOME_UNWRITABLE: entry("preflight", (d: { path: string; reason: string }) => ({
    what: `the data home ${d.path} cannot be written`,
    why: d.reason,
    fix: "make it writable for you, or set PURLIN_HOME to a folder that is",
  })),
  HOME_FULL: entry("preflight", (d: { path: string; freeBytes: number; neededBytes: number }) => ({
    what: `the disk of the data home ${d.path} is full`,
    why: `${Math.floor(d.freeBytes / 2 ** 20)} MiB free, at least ${Math.floor(d.neededBytes / 2 ** 20)} MiB needed`,
    fix: "free some space, or set PURLIN_HOME to a folder on a larger disk",
  })),
  PLATFORM_UNSUPPORTED: entry("preflight", (d: { platform: string }) => ({
    what: `purlin does not run on ${d.platform}`,
    why: "its tools are pinned for linux-x64, linux-arm64 and darwin-arm64",
    fix: "use one of these; on Windows, run it inside WSL",
  })),
  TOOL_UNAVAILABLE: entry(
    "preflight",
    (d: { tools: readonly { tool: string; refusals: readonly { source: string; reason: string }[] }[] }) => ({
      what: `no source serves ${d.tools.map(({ tool }) => tool).join(", ")}`,
      why: d.tools
        .flatMap(({ tool, refusals }) => refusals.map(({ source, reason }) => `${tool}: ${source}: ${reason}`))
        .join("\n"),
      fix: "mend one of these, then run `purlin doctor --refresh`",
    }),
  ),
  TOOLCHAIN_FULL: entry("preflight", (d: { path: string }) => ({
    what: `the disk of ${d.path} ran full while tools were fetched`,
    why: "all tools together need about 2 GB",
    fix: "free some space, or set PURLIN_HOME to a folder on a larger disk, then run the same command again",
  })),
  REPOSITORY_UNREADABLE: entry("preflight", (d: { path: string; user: string; blockedAt: string }) => ({
    what: `user ${d.user}, which runs the daemons, cannot read ${d.path}`,
    why: `${d.blockedAt} is closed to other users`,
    fix: `run \`chmod o+rx ${d.blockedAt}\`, or move the repository to a folder others can read`,
  })),
  PASSPHRASE_MISSING: entry("preflight", (d: { path: string }) => ({
    what: `the passphrase file ${d.path} does not exist`,
    why: "it opens the secrets of the stack's state",
    fix: "put the file back, or name its copy with PURLIN_PASSPHRASE_FILE",
  })),
  PASSPHRASE_WRONG: entry("preflight", (d: { path: string }) => ({
    what: `the passphrase in ${d.path} does not open this stack's state`,
    why: "the state was encrypted with another one; nothing has been changed",
    fix: "put the right passphrase there, or name its file with PURLIN_PASSPHRASE_FILE",
  })),
  STATE_DAMAGED: entry("preflight", (d: { path: string; tried: number }) => ({
    what: `the state file ${d.path} is damaged`,
    why: d.tried === 0 ? "there is no copy of it" : `none of its ${d.tried} copies can be read either`,
    fix: `restore it from a backup, or remove it: the next \`purlin up\` then adopts what is there`,
  })),
  LOCKED: entry("locked", (d: { stack: string; owner: string; pid: number; since: string; reason: string }) => ({
    what: `stack ${d.stack} is being changed by ${d.owner} (pid ${d.pid}): ${d.reason}, since ${d.since}`,
    fix: "wait for it to finish, or run again with --lock-wait <seconds>",
  })),
  BACKEND_LOCKED: entry("locked", (d: { stack: string; holder: string }) => ({
    what: `the Pulumi backend holds a lock on stack ${d.stack}`,
    why: d.holder,
    fix: "wait for that run to finish; if it is dead, remove its lock with `pulumi cancel`",
  })),
  ENGINE_FAILED: entry("failed", (d: { command: string; reason: string }) => ({
    what: `${d.command} could not run: ${d.reason}`,
    fix: "run the same command again; if it stays, make a bundle with `purlin support`",
  })),
  PORT_TAKEN: entry("preflight", (d: { port: number; key: string; owner: string }) => ({
    what: `port ${d.port}, wanted by ${d.key}, is taken by ${d.owner}`,
    fix: `stop that process, or choose another port for ${d.key} in purlin.yaml`,
  })),
  SERVICE_FOLDER_MISSING: entry("preflight", (d: { service: string; path: string }) => ({
    what: `service ${d.service} has no folder ${d.path}`,
    fix: `create it, or mend services.${d.service}.path in purlin.yaml`,
  })),
  SERVICE_NOT_BUILT: entry("preflight", (d: { service: string; file: string }) => ({
    what: `service ${d.service} is not built: there is no ${d.file}`,
    why: "its command in purlin.yaml runs that file",
    fix: "run `npm run build`, then the same command again",
  })),
  SUPERVISOR_FAILED: entry("failed", (d: { output: string; log: string }) => ({
    what: "the supervisor, which keeps the stack's processes, did not start",
    why: d.output === "" ? "it said nothing" : d.output,
    fix: `see ${d.log}`,
  })),
  STILL_RUNNING: entry("failed", (d: { processes: string[] }) => ({
    what: `still running: ${d.processes.join(", ")}`,
    why: "they did not end when they were killed, or belong to another user",
    fix: "run the command again, as the user that ran `purlin up`",
  })),
} as const;

export type ErrorCode = keyof typeof catalog;
export type ErrorDetails<C extends ErrorCode> = Parameters<(typeof catalog)[C]["text"]>[0];
