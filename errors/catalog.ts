import type { ExitFamily } from "./exit-codes.ts";
import type { ErrorText } from "./purlin-error.ts";

/*
 * Every error a user may see. A code is permanent: it is never renamed or reused. An entry says what happened, why,
 * and how to mend it; the family decides the exit code. Keep entries grouped by family and in the order of a run.
 */

/** A place in the blueprint and what is wrong there. Lines and columns count from 1; `path` is empty for the whole file. */
export interface BlueprintProblem {
  line: number;
  column: number;
  path: string;
  message: string;
}

function entry<D>(family: ExitFamily, text: (details: D) => ErrorText) {
  return { family, text };
}

export const catalog = {
  BLUEPRINT_NOT_FOUND: entry("blueprint", (d: { path: string }) => ({
    what: `no blueprint at ${d.path}`,
    fix: "run `purlin init` to write one, or name it with --file",
  })),
  BLUEPRINT_UNREADABLE: entry("blueprint", (d: { path: string; reason: string }) => ({
    what: `${d.path} cannot be read`,
    why: d.reason,
    fix: "name the blueprint, a YAML text of at most 1 MiB, with --file",
  })),
  BLUEPRINT_INVALID: entry("blueprint", (d: { file: string; problems: readonly BlueprintProblem[] }) => ({
    what: [
      `${d.file} has ${d.problems.length === 1 ? "a problem" : `${d.problems.length} problems`}`,
      ...d.problems.map(({ line, column, path, message }) => {
        return `  ${d.file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
      }),
    ].join("\n"),
    fix: "mend the file and run `purlin config` to see what it then says",
  })),
  ENV_MISSING: entry("preflight", (d: { file: string; missing: readonly { path: string; name: string }[] }) => ({
    what: [
      `${d.file} reads environment variables that are not set`,
      ...d.missing.map(({ path, name }) => `  ${path}: ${name}`),
    ].join("\n"),
    fix: `set ${[...new Set(d.missing.map(({ name }) => name))].join(", ")} and run again`,
  })),
  STACK_UNDECLARED: entry(
    "usage",
    (d: { file: string; stack: string; known: readonly string[]; meant: string | undefined }) => ({
      what: `${d.file} has no stack "${d.stack}"${d.meant === undefined ? "" : `; did you mean "${d.meant}"?`}`,
      why: `its stacks: ${d.known.join(", ")}`,
      fix: "name one of them with --stack",
    }),
  ),
  TARGET_UNAVAILABLE: entry("blueprint", (d: { stack: string; target: string }) => ({
    what: `stack ${d.stack} is for the ${d.target} target, which is not available yet`,
    fix: "use a stack with target: local",
  })),
  STACK_UNKNOWN: entry("usage", (d: { name: string; stack: string }) => ({
    what: `stack ${d.stack} of ${d.name} has never been brought up on this machine`,
    fix: "run `purlin up`",
  })),
  USAGE: entry("usage", (d: { problem: string; fix: string }) => ({ what: d.problem, fix: d.fix })),
  ANSWER_NEEDED: entry("usage", (d: { question: string; flag: string }) => ({
    what: `an answer is needed: ${d.question}`,
    why: "nobody can be asked: there is no terminal, or --no-input was given",
    fix: `answer with ${d.flag}`,
  })),
  CONFIRMATION_WRONG: entry("usage", (d: { stack: string; given: string }) => ({
    what: `destroying stack ${d.stack} was not confirmed`,
    why: d.given === "" ? "no name was given" : `"${d.given}" is not its name`,
    fix: `confirm with --confirm=${d.stack}; nothing has been changed`,
  })),
  NOT_UP: entry("unhealthy", (d: { name: string; stack: string }) => ({
    what: `${d.name} (${d.stack}) is not up`,
    fix: "run `purlin up`",
  })),
  PROCESS_UNKNOWN: entry("usage", (d: { name: string; nearest: string }) => ({
    what: `no component or process is called ${d.name}`,
    fix: `did you mean ${d.nearest}? \`purlin status\` lists them all`,
  })),
  SERVICE_UNKNOWN: entry("usage", (d: { service: string; nearest: string }) => ({
    what: `no service is called ${d.service}`,
    fix: `did you mean ${d.nearest}?`,
  })),
  PAGE_UNKNOWN: entry("usage", (d: { page: string; nearest: string; known: string[] }) => ({
    what: `this platform has no page ${d.page}`,
    why: `it has ${d.known.join(", ")}`,
    fix: `did you mean ${d.nearest}?`,
  })),
  DATABASE_UNKNOWN: entry("usage", (d: { name: string | undefined; nearest: string | undefined }) => ({
    what: d.name === undefined ? "this platform has no database" : `no database is called ${d.name}`,
    fix:
      d.nearest === undefined
        ? "add one under `postgres.databases` in purlin.yaml and run `purlin up`"
        : `did you mean ${d.nearest}?`,
  })),
  PROGRAM_MISSING: entry("usage", (d: { program: string }) => ({
    what: `there is no program ${d.program} on PATH`,
    fix: "install it, or give its full path",
  })),
  PSQL_MISSING: entry("preflight", (d: { url: string }) => ({
    what: "psql is not installed on this machine",
    why: `any client can connect to ${d.url} with the password of \`purlin outputs --show-secrets\``,
    fix: "install it (Debian, Ubuntu: `apt-get install postgresql-client`; macOS: `brew install libpq`)",
  })),
  PREFLIGHT_FAILED: entry("preflight", (d: { checks: { title: string; problem: string; remedy: string }[] }) => ({
    what:
      d.checks.length === 1
        ? "a check failed; nothing has been changed"
        : `${d.checks.length} checks failed; nothing has been changed`,
    why: d.checks.map(({ title, problem, remedy }) => `${title}: ${problem}\n  ${remedy}`).join("\n"),
    fix: "mend these and run the same command again; `purlin doctor` checks without changing anything",
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
  ENGINE_FAILED: entry("failed", (d: { command: string; reason: string; logFile: string }) => ({
    what: `${d.command} could not run: ${d.reason}`,
    fix: `run the same command again; if it stays, report it with ${d.logFile}, which has every detail`,
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
  RUN_FAILED: entry(
    "failed",
    (d: { command: string; failures: { name: string; message: string }[]; logFile: string }) => ({
      what: `${d.command} failed at ${d.failures.map(({ name }) => name).join(", ")}`,
      why: d.failures.map(({ name, message }) => `${name}: ${message}`).join("\n"),
      fix: `mend the cause and run \`purlin ${d.command}\` again: it goes on from here (every step is in ${d.logFile})`,
    }),
  ),
  RUN_INTERRUPTED: entry("interrupted", (d: { command: string }) => ({
    what: `${d.command} was interrupted`,
    why: "steps in flight were finished or called off, and the state says which",
    fix: `run \`purlin ${d.command}\` to go on from here`,
  })),
  WAIT_TIMED_OUT: entry("timeout", (d: { name: string | undefined; timeout: number; sick: string[] }) => ({
    what: `${d.name ?? "the platform"} is not healthy after ${d.timeout} s`,
    why: d.sick.length === 0 ? "nothing is running" : d.sick.join("\n"),
    fix: d.sick.length === 0 ? "run `purlin up`" : `see \`purlin logs${d.name === undefined ? "" : ` ${d.name}`}\``,
  })),
  LEFT_BEHIND: entry("failed", (d: { left: string[] }) => ({
    what: "something of the stack is still there",
    why: d.left.join("\n"),
    fix: "run the same command again, as the user that ran `purlin up`",
  })),
  POSTGRES_DATA_VERSION: entry("preflight", (d: { path: string; found: number; wanted: number }) => ({
    what: `${d.path} holds data of Postgres ${d.found}, and this platform runs Postgres ${d.wanted}`,
    why: "a server cannot open the files of another major version",
    fix: `move that folder away and run \`purlin up\` to start empty, then load a dump made with Postgres ${d.found}`,
  })),
  POSTGRES_DATA_LOST: entry("failed", (d: { path: string; replica: string }) => ({
    what: `the primary's data folder ${d.path} is gone, but a replica's copy is still in ${d.replica}`,
    why: "starting empty would lead to the copy being replaced",
    fix: "put the primary's folder back from a backup, or move the replica's folder away to start empty",
  })),
  POSTGRES_REPLICA_FOREIGN: entry("failed", (d: { path: string; reason: string }) => ({
    what: `${d.path} is not a copy this primary's replica can go on from: ${d.reason}`,
    why: "it may hold the last copy of something, so it is not replaced",
    fix: "move that folder away and run `purlin up` to copy the primary again",
  })),
} as const;

export type ErrorCode = keyof typeof catalog;
export type ErrorDetails<C extends ErrorCode> = Parameters<(typeof catalog)[C]["text"]>[0];
