import "./lean-sdk.ts";
import { run } from "./run.ts";
import { leaveSignals } from "./interruption.ts";

/*
 * The only module that reads the process and ends it: gathers the world, runs the command line, leaves with its code.
 */

let unheard: () => void = () => process.exit();
for (const stream of [process.stdout, process.stderr]) {
  // A reader that has seen enough (`purlin logs | head`) or a terminal that is gone. Without a listener every further
  // message would throw, and the message about that again.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    unheard();
  });
}

process.exitCode = await run({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: Date.now,
  exit: (code) => process.exit(code),
  onSignal: (listener) => {
    for (const signal of leaveSignals) process.on(signal, listener);
  },
  onUnheard: (listener) => {
    unheard = listener;
  },
});
