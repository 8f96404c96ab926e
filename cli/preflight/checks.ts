import type { Check } from "./check.ts";
import { home } from "./home.ts";
import { clock, memory, wsl } from "./machine.ts";
import { passphrase } from "./passphrase.ts";
import { ports } from "./ports.ts";
import { services } from "./services.ts";
import { state } from "./state.ts";
import { tools } from "./tools.ts";
import { user } from "./user.ts";

/** Every check, in the order of the report. */
export const checks: readonly Check[] = [wsl, clock, memory, home, user, passphrase, state, ports, services, tools];
