import type { Blueprint } from "../stacks/blueprint/blueprint.ts";
import { demandAvailable } from "../stacks/blueprint/available.ts";
import type { StackHome } from "../stacks/home/home.ts";
import type { Context } from "./context.ts";
import type { Engine } from "./engine/engine.ts";
import type { Progress } from "./platform.ts";
import { openStack, type OpenStack } from "./stack.ts";

/** A stack with its engine: what plan, up, outputs and destroy work on. */
export interface Session {
  blueprint: Blueprint;
  home: StackHome;
  engine: Engine;
}

export interface OpenSessionOptions {
  onProgress?: (progress: Progress) => void;
  /** Only look: the platform's user is not made. */
  looksOnly?: boolean;
  /** Recoveries and warnings of the engine; absent means stderr. */
  onNotice?: (level: "info" | "warn", message: string) => void;
}

export type SessionWorld = Pick<Context, "stderr" | "env" | "cwd" | "settings" | "platform" | "interruption" | "log">;

/** Opens the engine of a stack that has been up before. */
export async function openSession(context: SessionWorld): Promise<Session> {
  return openEngine(context, await openStack(context, { create: false }), {});
}

/** Makes tools, target and engine ready, in this order: each needs those before it. */
export async function openEngine(
  context: SessionWorld,
  { blueprint, home }: OpenStack,
  { onProgress = () => undefined, looksOnly = false, onNotice }: OpenSessionOptions,
): Promise<Session> {
  demandAvailable(blueprint);
  const { platform, env, interruption, log, stderr } = context;
  const notice = onNotice ?? ((level, message) => stderr.write(`${level === "warn" ? "warning: " : ""}${message}\n`));
  const tools = await platform.ensureTools(blueprint, { onProgress, signal: interruption.signal });
  const target = await platform.prepareTarget(blueprint, home, tools, { makesUser: !looksOnly });
  const engine = await platform.openEngine({
    blueprint,
    home,
    tools,
    target,
    env,
    passphraseFile: env["PURLIN_PASSPHRASE_FILE"],
    log: (level, message) => {
      log.debug(message, { level });
      if (level !== "debug") notice(level, message);
    },
  });
  return { blueprint, home, engine };
}
