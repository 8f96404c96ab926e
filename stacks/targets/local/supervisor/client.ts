import { z } from "zod";
import { hasCode } from "../../../home/files.ts";
import { supervisorName } from "./config.ts";
import { supervisorSocket, type SupervisorHome } from "./places.ts";
import { call, faults, RpcFault, type RpcValue } from "./xml-rpc.ts";

const stateSchema = z.enum(["STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN"]);

const programSchema = z.object({
  name: z.string(),
  statename: stateSchema,
  pid: z.number(),
});

/** What supervisord knows of one program; http://supervisord.org/api.html#supervisor.rpcinterface.SupervisorNamespaceRPCInterface.getProcessInfo */
export type Program = z.infer<typeof programSchema>;

const timeoutMs = 5000;

/** supervisord of one stack, over its unix socket. Methods are safe to repeat: what is so already is no error. */
export class SupervisorClient {
  readonly #home: SupervisorHome;

  constructor(home: SupervisorHome) {
    this.#home = home;
  }

  /** Whether our supervisor, and no other program, answers. */
  async answers(withinMs = timeoutMs): Promise<boolean> {
    try {
      return (
        (await call(supervisorSocket(this.#home), "supervisor.getIdentification", [], withinMs)) ===
        supervisorName(this.#home)
      );
    } catch {
      return false;
    }
  }

  /** Every program by name; empty when the supervisor does not run. */
  async programs(): Promise<Map<string, Program>> {
    try {
      const found = z.array(programSchema).parse(await this.#call("getAllProcessInfo"));
      return new Map(found.map((program) => [program.name, program]));
    } catch (error) {
      if (nobodyListens(error)) return new Map();
      throw error;
    }
  }

  /** One program; undefined when the supervisor does not know it or does not run. */
  async program(name: string): Promise<Program | undefined> {
    try {
      return programSchema.parse(await this.#call("getProcessInfo", name));
    } catch (error) {
      if (nobodyListens(error) || (error instanceof RpcFault && error.code === faults.badName)) return undefined;
      throw error;
    }
  }

  /** Takes a program's definition from the configuration file, new or changed. The program must be stopped. */
  async define(name: string): Promise<void> {
    await this.#call("reloadConfig");
    await this.forget(name);
    await this.#unless([faults.alreadyAdded], "addProcessGroup", name);
  }

  async forget(name: string): Promise<void> {
    await this.#unless([faults.badName], "removeProcessGroup", name);
  }

  /** Returns when the process is started, long before it is ready. */
  async start(name: string): Promise<void> {
    await this.#unless([faults.alreadyStarted], "startProcess", name, false);
  }

  /** Sends the stop signal, and keeps the program from being restarted. */
  async stop(name: string): Promise<void> {
    await this.#unless([faults.notRunning, faults.badName], "stopProcess", name, false);
  }

  async signal(name: string, signal: string): Promise<void> {
    await this.#call("signalProcess", name, signal);
  }

  async shutdown(): Promise<void> {
    await this.#call("shutdown");
  }

  async #unless(codes: number[], method: string, ...params: (string | boolean)[]): Promise<void> {
    try {
      await this.#call(method, ...params);
    } catch (error) {
      if (!(error instanceof RpcFault && codes.includes(error.code))) throw error;
    }
  }

  #call(method: string, ...params: (string | boolean)[]): Promise<RpcValue> {
    return call(supervisorSocket(this.#home), `supervisor.${method}`, params, timeoutMs);
  }
}

/** Silence (ABORT_ERR is the time being over) counts as absence: a supervisor that hangs is replaced by the next change. */
function nobodyListens(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ABORT_ERR");
}
