/*
 * Run by the integration test as a process of its own, so that it can be killed: ensures one tool in the given home and
 * prints each step's phase and at last the executables, as lines of JSON. At the phase named last, if any, it stops dead.
 */
import { ensureTools } from "../ensure.ts";
import { toolNames } from "../tool.ts";

const [home = "", tool, fatalPhase] = process.argv.slice(2);
const tell = (line: unknown) => process.stdout.write(JSON.stringify(line) + "\n");
tell(
  await ensureTools({
    home,
    tools: toolNames.filter((name) => name === tool),
    env: process.env,
    onProgress: ({ phase }) => {
      tell({ phase });
      if (phase === fatalPhase) process.kill(process.pid, "SIGSTOP");
    },
  }),
);
