import { stackHome, type StackHome } from "../../../home/home.ts";
import { lookUpUser } from "../user.ts";
import type { World } from "./world.ts";

/*
 * The engine starts the provider, so what the provider must know travels through the engine's environment.
 */

export interface ProviderSettings {
  home: Pick<StackHome, "dir">;
  /** Name of the platform's user. */
  user: string;
  /** Absolute path of supervisord. */
  supervisord: string;
  /** Node.js to run the provider with. */
  node: string;
  /** Remove folders with data: only for `purlin destroy`. */
  removeData: boolean;
}

/** Variables to set for the engine. */
export function providerEnvironment(settings: ProviderSettings): Record<string, string> {
  return {
    PURLIN_STACK_HOME: settings.home.dir,
    PURLIN_USER: settings.user,
    PURLIN_SUPERVISORD: settings.supervisord,
    PURLIN_NODE: settings.node,
    PURLIN_REMOVE_DATA: settings.removeData ? "yes" : "no",
  };
}

/** The provider's side of it. @throws Error that names what is missing. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Omit<World, "signal"> {
  const need = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is not set: the purlin provider is started by \`purlin\``);
    return value;
  };
  return {
    home: stackHome(need("PURLIN_STACK_HOME")),
    user: lookUpUser(need("PURLIN_USER")),
    supervisord: need("PURLIN_SUPERVISORD"),
    removeData: env.PURLIN_REMOVE_DATA === "yes",
    env,
  };
}
