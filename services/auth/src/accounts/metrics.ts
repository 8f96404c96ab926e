import type { Metrics } from "@purlin/kit/metrics";
import { Counter, Gauge } from "prom-client";

export type SignInMethod = "password" | "totp" | "recovery-code" | "passkey" | "external";
export type SignInResult = "success" | "failure" | "throttled" | "second-step";

export interface AccountMetrics {
  signIn: (method: SignInMethod, result: SignInResult) => void;
  breachCheck: (result: "found" | "clean" | "error") => void;
  mail: (result: "sent" | "failed" | "expired") => void;
  /** Exports how many password hashes wait for a thread. */
  hashQueue: (waiting: () => number) => void;
}

/** The figures of accounts, in the registry of `metrics`. */
export function createAccountMetrics({ registry }: Metrics): AccountMetrics {
  const registers = [registry];
  const signIns = new Counter({
    name: "auth_sign_in_total",
    help: "Attempts to sign in, by method and how they ended",
    labelNames: ["method", "result"],
    registers,
  });
  const breachChecks = new Counter({
    name: "auth_breach_checks_total",
    help: "Passwords looked up among breached ones; errors let the password pass",
    labelNames: ["result"],
    registers,
  });
  const mails = new Counter({
    name: "auth_mails_total",
    help: "Attempts to hand a mail to SMTP; expired ones were given up",
    labelNames: ["result"],
    registers,
  });
  return {
    signIn: (method, result) => signIns.labels(method, result).inc(),
    breachCheck: (result) => breachChecks.labels(result).inc(),
    mail: (result) => mails.labels(result).inc(),
    hashQueue: (waiting) =>
      new Gauge({
        name: "auth_password_queue_length",
        help: "Password hashes that wait for a thread",
        registers,
        collect() {
          this.set(waiting());
        },
      }),
  };
}
