import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { PlatformUser } from "../user.ts";
import { placeFile } from "./ownership.ts";
import { listProcesses, type KnownProcess } from "./process-spec.ts";
import {
  processDir,
  processLog,
  supervisorConfig,
  supervisorLog,
  supervisorSocket,
  type SupervisorHome,
} from "./places.ts";

/** Writes supervisord's configuration from the processes that exist now. */
export async function writeConfig(home: SupervisorHome, user: PlatformUser): Promise<void> {
  await placeFile(supervisorConfig(home), renderConfig(home, listProcesses(home)), user, 0o600);
}

/**
 * supervisord's configuration for the whole stack; http://supervisord.org/configuration.html. supervisord runs in the
 * stack's home and all paths are relative to it, so no path needs the quoting this format lacks. Processes never start
 * by themselves when supervisord does: `up` starts them in order of dependency.
 */
function renderConfig(home: SupervisorHome, processes: KnownProcess[]): string {
  return [supervisord(home), ...processes.map((process) => program(home, process))].join("\n");
}

/** Tells our supervisor from any other one that might answer on the socket. */
export function supervisorName(home: SupervisorHome): string {
  return `purlin-${createHash("sha256").update(home.dir).digest("hex").slice(0, 16)}`;
}

function supervisord(home: SupervisorHome): string {
  const from = (path: string): string => relative(home.dir, path);
  const socket = supervisorSocket(home);
  return `[supervisord]
nodaemon=true
silent=true
nocleanup=true
umask=027
identifier=${supervisorName(home)}
logfile=${from(supervisorLog(home))}
logfile_maxbytes=10MB
logfile_backups=3
pidfile=${from(home.runDir)}/supervisord.pid
childlogdir=${from(home.logsDir)}

[unix_http_server]
file=${socket.startsWith(home.runDir) ? from(socket) : socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
`;
}

/** A process that ends within 5 s of its start counts as a failed start; five in a row, with growing pauses, and it is given up. */
function program(home: SupervisorHome, { name, spec }: KnownProcess): string {
  return `[program:${name}]
command=/bin/sh ${relative(home.dir, processDir(home, name))}/run.sh
autostart=false
autorestart=true
startsecs=5
startretries=5
stopsignal=${spec.stop.signal}
stopwaitsecs=${Math.ceil(spec.stop.timeoutSeconds)}
killasgroup=true
redirect_stderr=true
stdout_logfile=${relative(home.dir, processLog(home, name))}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
`;
}
