import { z } from "zod";
import { openSmallStack } from "./engine.ts";

/*
 * One run of a small stack in a process of its own, to be killed or raced. Arguments: `up` or `destroy`, the place and
 * the stack as JSON. The result is one line of JSON on stdout; signals are handled as the CLI does.
 */
const [command = "up", place = "{}", small = "{}"] = process.argv.slice(2);
const placeSchema = z.object({ dir: z.string(), stack: z.string() });
const smallSchema = z.object({
  tasks: z.record(z.string(), z.number()).default({}),
  server: z.boolean().default(false),
});
const { session } = await openSmallStack(placeSchema.parse(JSON.parse(place)), smallSchema.parse(JSON.parse(small)));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => session.interrupt());
process.stdout.on("error", () => undefined); // the terminal may be gone
try {
  const options = {
    command,
    lockWaitSeconds: 0,
    onRow: (row: object) => process.stdout.write(`${JSON.stringify({ row })}\n`),
  };
  const { result, failures } = await (command === "up" ? session.up(options) : session.destroyResources(options));
  process.stdout.write(`${JSON.stringify({ result, failures })}\n`);
} catch (error) {
  const code = error instanceof Error && "code" in error ? error.code : String(error);
  process.stdout.write(`${JSON.stringify({ result: "threw", code })}\n`);
}
