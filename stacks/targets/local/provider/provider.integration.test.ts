import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, Metadata } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { localStack, processesIn, type LocalStack } from "../../../../tests/harness/local-stack.ts";
import { findUser } from "../user.ts";
import { waitUntil } from "../supervisor/wait.ts";
import { providerEnvironment } from "./environment.ts";

/*
 * The provider in a process of its own, spoken to as the engine does. It is the contract test for the SDK's stubs, which
 * are no documented interface: whoever moves the pin of @pulumi/pulumi needs this file green.
 */

let stack: LocalStack;
let provider: ChildProcess;
let client: grpc.ResourceProviderClient;

interface Start {
  uid?: number;
  /** Put a shell between us and the provider, whose death the provider must notice. */
  parent?: boolean;
}

async function start({ uid, parent }: Start = {}): Promise<void> {
  const { home, user, supervisord } = stack.world;
  const name = uid === undefined ? user.name : findUser("purlin")!.name;
  const settings = { home, user: name, supervisord, node: process.execPath, removeData: false };
  const main = join(import.meta.dirname, "main.ts");
  const command = parent ? ["/bin/sh", "-c", '"$@"; true', "sh", process.execPath, main] : [process.execPath, main];
  provider = spawn(command[0]!, command.slice(1), {
    env: { PATH: process.env["PATH"], ...providerEnvironment(settings) },
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const line = await new Promise<string>((resolve) => provider.stdout!.setEncoding("utf8").once("data", resolve));
  client = new grpc.ResourceProviderClient(`127.0.0.1:${line.trim()}`, credentials.createInsecure());
}

beforeEach(async () => (stack = await localStack()));
afterEach(async () => {
  client.close();
  if (provider.exitCode === null && provider.signalCode === null) {
    provider.kill("SIGINT");
    await once(provider, "exit");
  }
  await stack.release();
});

type Answered<R> = (error: Error | null, response: R) => void;

function call<R>(send: (callback: Answered<R>) => unknown): Promise<R> {
  return new Promise((resolve, reject) => {
    send((error, response) => (error ? reject(error) : resolve(response)));
  });
}

/** Any object that survives JSON, as the engine's values do. */
type Inputs = Readonly<Record<string, unknown>>;
const struct = (inputs: Inputs): structs.Struct =>
  structs.Struct.fromJavaScript(z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(inputs))));

const secret = (value: unknown): unknown => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

const create = (type: string, name: string, inputs: Inputs, preview = false) =>
  call<messages.CreateResponse>((done) =>
    client.create(
      new messages.CreateRequest()
        .setType(`purlin:local:${type}`)
        .setName(name)
        .setPreview(preview)
        .setProperties(struct(inputs)),
      done,
    ),
  );

const diff = (type: string, id: string, olds: Inputs, news: Inputs) =>
  call<messages.DiffResponse>((done) =>
    client.diff(
      new messages.DiffRequest()
        .setType(`purlin:local:${type}`)
        .setName(id)
        .setId(id)
        .setOldInputs(struct(olds))
        .setNews(struct(news)),
      done,
    ),
  );

describe("protocol", () => {
  beforeEach(() => start());

  it("accepts secrets, supports previews and tells its version", async () => {
    const configured = await call<messages.ConfigureResponse>((done) =>
      client.configure(new messages.ConfigureRequest(), done),
    );
    expect(configured.toObject()).toMatchObject({ acceptsecrets: true, supportspreview: true, acceptoutputs: false });
  });

  it("gives secrets back as it got them, and writes them in plain where they belong", async () => {
    const path = join(stack.world.home.configDir, "demo/demo.conf");
    const inputs = { path, content: secret("password = canary\n"), mode: 0o600 };
    const created = await create("File", "demo", inputs);
    expect(created.getId()).toBe(path);
    expect(created.getProperties()?.toJavaScript()).toEqual(inputs);
    expect(readFileSync(path, "utf8")).toBe("password = canary\n");
    const same = await diff("File", path, inputs, { ...inputs, content: "password = canary\n" });
    expect(same.getChanges()).toBe(messages.DiffResponse.DiffChanges.DIFF_NONE);
  });

  it("names changes by key, and deletes before it replaces", async () => {
    const path = join(stack.world.home.configDir, "demo.conf");
    const inputs = { path, content: "1" };
    await create("File", "demo", inputs);
    const changed = await diff("File", path, inputs, { path: `${path}.new`, content: "1" });
    expect(changed.toObject()).toMatchObject({
      diffsList: ["path"],
      replacesList: ["path"],
      deletebeforereplace: true,
    });
    const edited = await diff("File", path, inputs, { path, content: "2" });
    expect(edited.toObject()).toMatchObject({ diffsList: ["content"], replacesList: [], hasdetaileddiff: true });
  });

  it("changes nothing in a preview", async () => {
    const path = join(stack.world.home.configDir, "demo.conf");
    const created = await create("File", "demo", { path, content: "1" }, true);
    expect(created.getProperties()?.toJavaScript()).toEqual({ path, content: "1" });
    expect(existsSync(path)).toBe(false);
  });

  it("refuses wrong inputs without showing them", async () => {
    const inputs = { path: "/x", content: secret(1234567), typo: "canary" };
    const request = new messages.CheckRequest().setType("purlin:local:File").setName("demo");
    request.setNews(struct(inputs));
    const checked = await call<messages.CheckResponse>((done) => client.check(request, done));
    expect(checked.toObject().failuresList).toEqual([
      { property: "", reason: "content: Invalid input: expected string, received number" },
      { property: "", reason: ': Unrecognized key: "typo"' },
    ]);
  });

  it("refuses to touch what is not the stack's", async () => {
    await expect(create("File", "demo", { path: "/etc/demo", content: "" })).rejects.toThrow(
      `/etc/demo is not inside the stack's home ${stack.world.home.dir}`,
    );
    const path = `${stack.world.home.dir}/../demo`;
    await expect(create("Directory", "demo", { path, holds: "scratch" })).rejects.toThrow("is not inside");
  });

  it("reports what exists but does not work as unfinished, with its inputs", async () => {
    const spec = { ...(await stack.daemon()), command: ["/no/such/daemon"] };
    const failure: unknown = await create("Process", "demo", spec).catch((error: unknown) => error);
    expect(String(failure)).toContain("demo: exited with status 127");
    const { metadata } = z.object({ metadata: z.instanceof(Metadata) }).parse(failure);
    const details = Buffer.concat(metadata.get("grpc-status-details-bin").map((part) => Buffer.from(part)));
    expect(details.toString("latin1")).toContain("pulumirpc.ErrorResourceInitFailed");
  });

  it("keeps data until it is told to destroy, and removes scratch folders", async () => {
    for (const holds of ["data", "scratch"]) {
      const path = join(stack.world.home.dataDir, holds);
      await create("Directory", holds, { path, holds });
      const request = new messages.DeleteRequest().setType("purlin:local:Directory").setName(holds).setId(path);
      request.setProperties(struct({ path, holds }));
      await call<empty.Empty>((done) => client.delete(request, done));
      expect(existsSync(path)).toBe(holds === "data");
    }
  });
});

describe("ending", () => {
  const sleeper = { component: "demo", command: ["/bin/sh", "-c", "sleep 1000 & wait"], timeoutSeconds: 600 };
  const tasks = () => processesIn(stack.world.home.dir).filter((line) => line.includes("sleep"));

  it("stops what is in flight when the engine cancels, and refuses new work", async () => {
    await start();
    const running = create("Task", "sleeper", sleeper);
    await waitUntil(() => tasks().length > 0, { timeoutMs: 5000 });
    await call<empty.Empty>((done) => client.cancel(new empty.Empty(), done));
    await expect(running).rejects.toThrow("cancelled");
    expect(tasks()).toEqual([]);
    await expect(create("Task", "sleeper", sleeper)).rejects.toThrow("cancelled");
  });

  it("ends its tasks and itself when the engine is killed", async () => {
    await start({ parent: true });
    const running = create("Task", "sleeper", sleeper).catch(() => undefined);
    await waitUntil(() => tasks().length > 0, { timeoutMs: 5000 });
    provider.kill("SIGKILL");
    await running;
    expect(await waitUntil(() => tasks().length === 0, { timeoutMs: 5000 })).toBe(true);
    const log = join(stack.world.home.logsDir, "provider.log");
    expect(await waitUntil(() => readFileSync(log, "utf8").includes("the engine is gone"), { timeoutMs: 5000 })).toBe(
      true,
    );
  });

  it("leaves daemons running when it is told to leave", async () => {
    await start();
    await create("Process", "demo", await stack.daemon());
    provider.kill("SIGINT");
    await once(provider, "exit");
    expect(processesIn(stack.world.home.dir).some((line) => line.includes("daemon.ts"))).toBe(true);
  });
});

describe.runIf(process.getuid?.() === 0)("as an ordinary user", () => {
  it("runs a process and a task without root", async () => {
    const { uid, gid } = findUser("purlin")!;
    chownSync(stack.world.home.dir, uid, gid);
    await start({ uid });
    await create("Task", "who", { component: "demo", command: ["/bin/sh", "-c", "id -u > who"], timeoutSeconds: 10 });
    expect(readFileSync(join(stack.world.home.runDir, "who"), "utf8").trim()).toBe(String(uid));
    const spec = await stack.daemon();
    await create("Process", "demo", spec);
    expect((await diff("Process", "demo", spec, spec)).getDiffsList()).toEqual([]);
  });
});
