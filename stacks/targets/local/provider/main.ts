import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { readEnvironment } from "./environment.ts";
import { createService } from "./service.ts";

/*
 * Entry point of the provider's own process, started by the engine through plugin/pulumi-resource-purlin. The first line
 * on stdout is the port, and nothing else may ever be written there.
 */

const maxMessageBytes = 400 * 1024 * 1024; // as the SDK's own servers
const maxLogBytes = 1024 * 1024;
const parentCheckMs = 250;
const shutdownMs = 3000;

const settings = readEnvironment(process.env);
const log = openLog(join(settings.home.dir, "logs"));
const cancellation = new AbortController();
const server = new Server({
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
});

process.on("uncaughtException", (error) => {
  log(`uncaught: ${error.stack ?? error.message}`);
  process.exit(1); // the engine reports it; going on could leave a run waiting for ever
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(signal));
endWithParent();

server.addService(
  provider.ResourceProviderService,
  createService({
    world: { ...settings, signal: cancellation.signal },
    version: "0.1.0",
    onCancel: () => cancellation.abort(new Error("cancelled")),
    log,
  }),
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

/** Lets in-flight work stop what it started, then leaves. */
function end(why: string): void {
  log(`leaving: ${why}`);
  cancellation.abort(new Error("cancelled"));
  server.tryShutdown(() => process.exit(0));
  setTimeout(() => process.exit(0), shutdownMs).unref();
}

/** An engine that is killed does not tell its providers; without this they would work on, beside the next run's. */
function endWithParent(): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end("the engine is gone");
  }, parentCheckMs);
  timer.unref();
}

/** A file of our own: what a provider writes to stderr shows up among the user's messages. */
function openLog(dir: string): (line: string) => void {
  const path = join(dir, "provider.log");
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes) renameSync(path, `${path}.1`);
  return (line) => appendFileSync(path, `${new Date().toISOString()} ${process.pid} ${line}\n`, { mode: 0o600 });
}
