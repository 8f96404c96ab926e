import { spawn } from "node:child_process";
import { createServer } from "node:http";

/*
 * A daemon for tests of the supervisor: answers with what it was given, counts reloads, and misbehaves on request.
 * DEAF ignores SIGTERM; CHILD starts a process that ignores it too; DELAY_MS waits before it listens; SAY is written to stdout.
 */
const { PORT, DEAF, CHILD, DELAY_MS, SAY } = process.env;
let reloads = 0;
process.on("SIGHUP", () => (reloads += 1));
if (DEAF) process.on("SIGTERM", () => undefined);
const child = CHILD
  ? spawn("/bin/sh", ["-c", "trap '' TERM; sleep 1000 & wait; wait"], { stdio: "ignore" })
  : undefined;
if (SAY) console.log(SAY);

const server = createServer((_request, response) => {
  const { pid, env, argv } = process;
  response.end(JSON.stringify({ pid, child: child?.pid, reloads, env, args: argv.slice(2), cwd: process.cwd() }));
});
setTimeout(() => server.listen(Number(PORT), "127.0.0.1"), Number(DELAY_MS ?? 0));
