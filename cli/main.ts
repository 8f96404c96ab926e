import "./lean-sdk.ts";
import { run } from "./run.ts";
import { leaveSignals } from "./interruption.ts";

/*
 * The only module that reads the process and ends it: gathers the world, runs the command line, leaves with its code.
 */

// A reader that has seen enough (`purlin logs | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

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
});
