import type { Platform } from "./platform.ts";
import { packageRoot } from "./version.ts";

/** The real platform. Each member imports what it needs when it is called: see Platform. */
export function realPlatform(env: Readonly<Record<string, string | undefined>>): Platform {
  return {
    async resolveBlueprint(where) {
      const { resolveBlueprint } = await import("../stacks/blueprint/resolve.ts");
      return resolveBlueprint(where);
    },
    async starter({ name, folder }) {
      const { starterBlueprint } = await import("../stacks/blueprint/starter.ts");
      return starterBlueprint({ name, folder, packageRoot });
    },
    async startOrder({ components }) {
      const { startOrder } = await import("../stacks/graph/order.ts");
      return startOrder(components);
    },
    async openHome(blueprint, { create }) {
      const { openHome } = await import("../stacks/home/open.ts");
      return openHome({ blueprint, env, create });
    },
    async wasUp(home, { stack }) {
      const { wasUp } = await import("../stacks/home/scratch.ts");
      return wasUp(home, stack);
    },
    async scratchHome(blueprint) {
      const { scratchHome } = await import("../stacks/home/scratch.ts");
      return scratchHome(blueprint);
    },
    async checks() {
      const { checks } = await import("./preflight/checks.ts");
      return checks;
    },
    async ensureTools(blueprint, { onProgress, signal }) {
      const [{ ensureTools }, { toolsOf }, { toolchainHome }] = await Promise.all([
        import("../toolchain/ensure.ts"),
        import("../stacks/tools.ts"),
        import("../stacks/home/home.ts"),
      ]);
      return ensureTools({ home: toolchainHome(env), tools: toolsOf(blueprint), env: { ...env }, onProgress, signal });
    },
    async prepareTarget(blueprint, home, tools, options) {
      const { prepareLocal } = await import("../stacks/targets/local/prepare.ts");
      return prepareLocal(blueprint, home, tools, options);
    },
    async openEngine(options) {
      const { openEngine } = await import("./engine/open.ts");
      return openEngine(options);
    },
    async processStatus(home) {
      const { processStatus } = await import("../stacks/targets/local/supervisor/status.ts");
      return processStatus(home);
    },
    async listProcesses(home) {
      const { listProcesses } = await import("../stacks/targets/local/supervisor/process-spec.ts");
      return listProcesses(home);
    },
    async stopAll(home, options) {
      const { stopAll } = await import("../stacks/targets/local/supervisor/stop-all.ts");
      return stopAll(home, options);
    },
    async *readLog(home, name, options) {
      const { readLog } = await import("../stacks/targets/local/supervisor/logs.ts");
      yield* readLog(home, name, options);
    },
    async lock(home, options) {
      const { acquireLock } = await import("./engine/lock.ts");
      return acquireLock(home.lockFile, options);
    },
    async removeHome(home) {
      const { removeHome } = await import("../stacks/home/remove.ts");
      return removeHome(home);
    },
    async leftovers(home) {
      const { leftovers } = await import("../stacks/targets/local/leftovers.ts");
      return leftovers(home);
    },
    async spawn(program) {
      const { spawnHere } = await import("./spawn.ts");
      return spawnHere(program);
    },
  };
}
