import { join } from "node:path";
import { program } from "../../stacks/program.ts";
import { providerEnvironment } from "../../stacks/targets/local/provider/environment.ts";
import { describeChange } from "../../stacks/targets/local/resources/change.ts";
import { sweep } from "../../stacks/targets/local/supervisor/control.ts";
import { ensurePlatformUser } from "../../stacks/targets/local/user.ts";
import type { Tools } from "../../toolchain/tool.ts";
import type { EngineOptions } from "./engine.ts";
import { watchSecrets } from "./redact.ts";
import { Session } from "./session.ts";
import { StackEngine } from "./stack-engine.ts";

/** Puts the engine together with the platform's program, provider and supervisor. */
export function openSession(options: EngineOptions): Session {
  const { blueprint, home } = options;
  const { target, redact } = watchSecrets(options.target, home);
  const engine = new StackEngine({
    ...options,
    program: () => program(blueprint, target),
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
