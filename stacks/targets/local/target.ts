import type { Input, Resource } from "@pulumi/pulumi";
import type { Tool, ToolName } from "../../../toolchain/tool.ts";

/**
 * What the `local` target gives every component: names, folders, ports, secrets, certificates, tools, and the
 * machine's size. All of it is settled before the engine runs, so programs are synchronous and previews exact.
 */
export interface LocalTarget {
  kind: "local";
  project: string;
  stack: string;
  /** Folder of purlin.yaml: paths in the blueprint are relative to it. */
  root: string;
  /** Folder of purlin's own package: dashboards, scripts of tasks. */
  packageRoot: string;
  /** Node.js executable for tasks and services. */
  node: string;
  /** Durable data of a component: `<stack home>/data/<component>`. Register it as a Directory. */
  dataDir: (component: string) => string;
  /** Generated configuration of a component: `<stack home>/config/<component>`. */
  configDir: (component: string) => string;
  /** Metrics the CLI writes of its own runs, for node_exporter's textfile collector. */
  metricsDir: string;
  /** Short path for unix sockets and pid files; emptied when the stack is down. */
  runDir: string;
  /** Compiled script of a Task: `components/postgres/tasks/grant` -> absolute path of its .js, run with `node`. */
  script: (name: string) => string;
  /** A loopback port for `key` (`postgres/primary`), sticky for the stack's life. `wanted` is tried first and, when `exact`, demanded. */
  port: (key: string, wanted?: { port: number; exact: boolean }) => number;
  /** A secret for `key`, the same for the stack's life, as a Pulumi secret: 32 URL-safe characters, derived from the stack's master key. */
  secret: (key: string) => Input<string>;
  /** A key for `name`, the same for the stack's life, as a Pulumi secret: 32 bytes in base64, derived likewise. */
  key: (name: string) => Input<string>;
  /** The server certificate of the stack's local authority: PEM files readable by the platform's user. Names: localhost, *.localhost, the gateway's domain, 127.0.0.1, ::1. */
  certificate: { certFile: string; keyFile: string; caFile: string; fingerprint: string };
  /** A tool the blueprint asked for; absent only for optional ones (grafana). */
  tool: (name: ToolName) => Tool;
  optionalTool: (name: ToolName) => Tool | undefined;
  machine: { memoryBytes: number; cpus: number };
  /** User name the daemons run as: differs from the current one only for root. */
  user: string;
}

/** How health is asked. Credentials may be secrets. The same probe gates `up`, answers `status`, and explains failures. */
export type Probe =
  | { kind: "http"; url: Input<string>; caFile?: string; headers?: Record<string, Input<string>>; status?: number[] }
  | { kind: "tcp"; host: string; port: Input<number> }
  | {
      kind: "postgres";
      host: string;
      port: Input<number>;
      user: string;
      password: Input<string>;
      database: string;
      caFile?: string;
      role?: "primary" | "replica";
    }
  | { kind: "redis"; host: string; port: Input<number>; user?: string; password: Input<string> };

export interface ProcessArgs {
  /** Component the process belongs to; groups rows in status, logs and plan. */
  component: string;
  command: [string, ...string[]];
  cwd?: string;
  /** Nothing is inherited from the CLI's environment but PATH, HOME, LANG and TZ. */
  env?: Record<string, Input<string>>;
  stop: { signal: "TERM" | "INT" | "QUIT"; timeoutSeconds: number };
  ready: Probe;
  /** Files outside the stack's home that the program makes at fixed places and a kill leaves there: removed once it has stopped. */
  leaves?: string[];
  startTimeoutSeconds: number;
  /** After a restart, how long it has to be ready until what depends on it goes on: those that send it requests have to see that it is back. */
  minReadySeconds?: number;
  /** Fingerprints by reason (`traefik.yml`: hash). A change restarts the process and the plan names the reason. */
  restartOn?: Record<string, Input<string>>;
  /** Like restartOn, but a change sends the signal instead of restarting. */
  reload?: { signal: "HUP" | "USR1"; on: Record<string, Input<string>> };
}

export interface TaskArgs {
  component: string;
  /** Run as the platform's user, with the same bare environment as a process. Must be idempotent: it may run again after a kill. */
  command: [string, ...string[]];
  env?: Record<string, Input<string>>;
  /** JSON given on stdin; secrets belong here. */
  input?: Input<unknown>;
  /** A file or folder that shows the work is done; when it is missing the task runs again (drift). */
  creates?: string;
  timeoutSeconds: number;
  /** Fingerprints by reason; a change runs the task again. */
  rerunOn?: Record<string, Input<string>>;
}

export interface FileArgs {
  path: string;
  content: Input<string>;
  /** Octal mode, default 0o640; owner is the platform's user. */
  mode?: number;
}

export interface DirectoryArgs {
  path: string;
  /** `data`: removing it is data loss, shown as such by plan and only done by destroy. `scratch`: removed freely. */
  holds: "data" | "scratch";
  /** Default 0o700. */
  mode?: number;
}

export type { Resource };
