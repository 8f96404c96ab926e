import { join } from "node:path";
import type { Blueprint } from "../../stacks/blueprint/blueprint.ts";
import { withEnvironment } from "../../stacks/blueprint/environment.ts";
import { cliLogFile } from "../../stacks/home/home.ts";
import { program } from "../../stacks/program.ts";
import { providerEnvironment } from "../../stacks/targets/local/provider/environment.ts";
import { describeChange } from "../../stacks/targets/local/resources/change.ts";
import { sweep } from "../../stacks/targets/local/supervisor/control.ts";
import type { LocalTarget } from "../../stacks/targets/local/target.ts";
import { ensurePlatformUser } from "../../stacks/targets/local/user.ts";
import type { Tools } from "../../toolchain/tool.ts";
import type { EngineOptions } from "./engine.ts";
import { watchSecrets } from "./redact.ts";
import { Session } from "./session.ts";
import { StackEngine } from "./stack-engine.ts";

/** Registers resources and returns the stack's outputs. */
export type Program = (blueprint: Blueprint, target: LocalTarget) => object;

/**
 * Opens the stack of a blueprint: puts the engine together with the provider, the supervisor and a program, which is
 * the platform's own or a test's. Loads the Pulumi SDK, so handlers that do not need it should not.
 *
 * @throws PurlinError PASSPHRASE_MISSING. Runs then throw PASSPHRASE_WRONG before anything is touched, STATE_DAMAGED
 * when no copy of the state can be read, LOCKED, BACKEND_LOCKED, ENGINE_FAILED, and what the program throws.
 */
export function openEngine(options: EngineOptions, run: Program = program): Session {
  const { blueprint, home } = options;
  const { target, watch, redact } = watchSecrets(options.target, home);
  const engine = new StackEngine({
    ...options,
    program: () => run(withEnvironment(blueprint, options.env, watch), target),
    providerEnv: (removeData) =>
      providerEnvironment({
        home,
        user: target.user,
        supervisord: supervisord(options.tools),
        node: target.node,
        removeData,
      }),
    providerDir: join(target.packageRoot, "stacks/targets/local/provider/plugin"),
  });
  return new Session(engine, {
    home,
    stack: blueprint.stack,
    describe: describeChange,
    redact,
    logFile: cliLogFile(options.env),
    trace: (text) => options.log("debug", text),
    sweep: async (keep) => {
      await sweep(home, ensurePlatformUser(), new Set(keep));
    },
  });
}

function supervisord({ supervisor }: Tools): string {
  const path = supervisor?.bin.supervisord;
  if (path === undefined) throw new Error("the tool chain has no supervisord");
  return path;
}
