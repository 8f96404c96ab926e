import { closest } from "fastest-levenshtein";
import { PurlinError } from "../../../errors/purlin-error.ts";
import type { Ending } from "../../command.ts";
import type { Context } from "../../context.ts";
import { isInstance } from "../../select.ts";
import { openStack } from "../../stack.ts";

interface ExecOptions {
  service: string;
  command: [string, ...string[]];
}

/**
 * Runs a command with the environment of a service's first instance, in the service's folder, on this terminal.
 * Nothing else is inherited but what a terminal needs. Ends with the command's own exit code.
 */
export async function exec(
  context: Pick<Context, "env" | "cwd" | "settings" | "platform" | "interruption">,
  { service, command }: ExecOptions,
): Promise<Ending> {
  const { platform, env, interruption } = context;
  const { blueprint, home } = await openStack(context, { create: false });
  const services = (await platform.listProcesses(home)).filter(({ spec }) => spec.component === "services");
  if (services.length === 0) throw new PurlinError("NOT_UP", { name: blueprint.name, stack: blueprint.stack });
  const found = services.find(({ name }) => name === service || isInstance(name, service));
  if (found === undefined) {
    const known = [...new Set(services.map(({ name }) => name.replace(/-\d+$/, "")))];
    throw new PurlinError("SERVICE_UNKNOWN", { service, nearest: closest(service, known) });
  }
  const { PATH, HOME, LANG, TZ, TERM } = env;
  const release = interruption.guard({ finish: () => undefined, leave: () => undefined }); // Ctrl-C is the command's
  const code = await platform.spawn({
    command,
    cwd: found.spec.cwd ?? context.cwd,
    env: { PATH, HOME, LANG, TZ, TERM, ...found.spec.env },
  });
  release();
  if (code === undefined) throw new PurlinError("PROGRAM_MISSING", { program: command[0] });
  return code;
}
