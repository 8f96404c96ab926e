import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { freePort } from "../../tests/harness/free-port.ts";
import { eventually } from "../../tests/services/daemons.ts";

/*
 * Contestants and loads are processes of their own. What they write goes into files, as with the supervisor: nobody's
 * log lines are read by the process that measures.
 */
export interface Contestant extends AsyncDisposable {
  url: string;
}

const services = join(import.meta.dirname, "../../services");
const announcement = "begun\n";
const flags = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

/** Starts one instance of a service from source; resolves when it is ready. @throws Error with what it wrote when it ends instead */
export async function startInstance(
  service: "auth" | "api" | "realtime",
  instance: string,
  env: Record<string, string>,
): Promise<Contestant> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const own = {
    ...{ SERVICE_NAME: service, SERVICE_INSTANCE: instance },
    ...{ PORT: String(port), INTERNAL_PORT: String(internalPort) },
  };
  const started = launch(["src/server.ts"], { ...own, ...env }, join(services, service));
  await started.until(async () => {
    const { ok } = await fetch(`http://127.0.0.1:${internalPort}/readyz`);
    if (!ok) throw new Error(`${instance} is not ready`);
  });
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: started.stop };
}

/** Starts a script of this folder that serves under the `port` it is given, beside its settings; resolves when it answers at all. */
export async function startScript(script: string, settings: object): Promise<Contestant> {
  const port = await freePort();
  const started = launch([join(import.meta.dirname, script), JSON.stringify({ ...settings, port })], {});
  const url = `http://127.0.0.1:${port}`;
  await started.until(() => fetch(url));
  return { url, [Symbol.asyncDispose]: started.stop };
}

/**
 * Runs a script of this folder to its end and gives the figures it writes, by name. `begun` is called when it says so: it
 * has prepared what it needs, and measures. @throws Error when it fails
 */
export async function runScript<Name extends string>(
  script: string,
  settings: object,
  names: readonly Name[],
  begun: () => void = () => undefined,
): Promise<Record<Name, number>> {
  const child = spawn(process.execPath, [...flags, join(import.meta.dirname, script), JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (!text.startsWith(announcement)) return;
    text = text.slice(announcement.length);
    begun();
  });
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`${script} ended with ${child.exitCode ?? "a signal"}`);
  return z.record(z.enum(names), z.number()).parse(JSON.parse(text));
}

function launch(args: string[], env: Record<string, string>, cwd?: string) {
  const dir = mkdtempSync(join(tmpdir(), "purlin-bench-"));
  const output = join(dir, "output");
  const log = openSync(output, "w", 0o600);
  const child = spawn(process.execPath, [...flags, ...args], { env, cwd, stdio: ["ignore", log, log] });
  closeSync(log);
  const stop = async () => {
    await end(child);
    rmSync(dir, { recursive: true });
  };
  const until = async (probe: () => Promise<unknown>) => {
    try {
      await eventually(probe, () => {
        if (child.exitCode !== null) throw new Error(`${args[0] ?? ""} ended:\n${readFileSync(output, "utf8")}`);
      });
    } catch (error) {
      await stop();
      throw error;
    }
  };
  return { stop, until };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}
