import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { toInitFailure, toStatus } from "./failure.ts";
import { NotReady, type Change } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { redact } from "./redact.ts";
import { unwrap } from "./values.ts";
import type { World } from "./world.ts";

/*
 * The provider protocol (proto/pulumi/provider.proto in pulumi/pulumi), translated to kinds. State is always the inputs,
 * sent back as the very message that came: secrets stay marked, and previews are exact because nothing is computed.
 */

export interface ServiceOptions {
  world: World;
  version: string;
  /** The engine wants in-flight work to stop. */
  onCancel: () => void;
  log: (line: string) => void;
}

/** Methods of pulumirpc.ResourceProvider; those left out answer UNIMPLEMENTED, which the engine expects. */
export function createService({ world, version, onCancel, log }: ServiceOptions): UntypedServiceImplementation {
  return {
    getPluginInfo: answer(log, () => Promise.resolve(new plugin.PluginInfo().setVersion(version))),
    checkConfig: answer(log, (request: messages.CheckRequest) =>
      Promise.resolve(new messages.CheckResponse().setInputs(request.getNews())),
    ),
    diffConfig: answer(log, () => Promise.resolve(new messages.DiffResponse().setChanges(noChange))),
    configure: answer(log, () => Promise.resolve(capabilities())),
    check: answer(log, check),
    diff: answer(log, (request: messages.DiffRequest) => diff(world, request)),
    create: answer(log, (request: messages.CreateRequest) => create(world, request)),
    read: answer(log, (request: messages.ReadRequest) => read(world, request)),
    update: answer(log, (request: messages.UpdateRequest) => update(world, request)),
    delete: answer(log, (request: messages.DeleteRequest) => remove(world, request)),
    cancel: answer(log, () => {
      onCancel();
      return Promise.resolve(new empty.Empty());
    }),
  };
}

const { DIFF_NONE: noChange, DIFF_SOME: someChange } = messages.DiffResponse.DiffChanges;

function capabilities(): messages.ConfigureResponse {
  return new messages.ConfigureResponse()
    .setAcceptsecrets(true)
    .setAcceptresources(true)
    .setAcceptoutputs(false)
    .setSupportspreview(true);
}

function check(request: messages.CheckRequest): Promise<messages.CheckResponse> {
  const response = new messages.CheckResponse().setInputs(request.getNews());
  for (const reason of kindOf(request.getType()).check(plain(request.getNews()))) {
    // No property is named: with one, the engine would print its value, which may be a secret.
    response.addFailures(new messages.CheckFailure().setReason(reason));
  }
  return Promise.resolve(response);
}

async function diff(world: World, request: messages.DiffRequest): Promise<messages.DiffResponse> {
  const news = plain(request.getNews());
  const changes = await kindOf(request.getType()).diff(world, instanceOf(request), news, plain(request.getOldInputs()));
  const response = new messages.DiffResponse().setChanges(changes.length > 0 ? someChange : noChange);
  // Names are physical here: the new one would take the old one's place and then be deleted with it.
  response.setDeletebeforereplace(true).setHasdetaileddiff(true);
  for (const change of changes) {
    response.addDiffs(change.key);
    if (change.replaces) response.addReplaces(change.key);
    response.getDetaileddiffMap().set(change.key, new messages.PropertyDiff().setKind(diffKind(change)));
  }
  return response;
}

async function create(world: World, request: messages.CreateRequest): Promise<messages.CreateResponse> {
  const kind = kindOf(request.getType());
  const properties = request.getProperties();
  const response = new messages.CreateResponse().setProperties(properties);
  if (request.getPreview()) return response;
  const name = request.getName();
  const id = kind.id(name, plain(properties));
  await initialising(id, properties, () => kind.apply(world, { id, name }, plain(properties), undefined));
  return response.setId(id);
}

async function update(world: World, request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
  const kind = kindOf(request.getType());
  const news = request.getNews();
  if (!request.getPreview()) {
    const olds = plain(request.getOldInputs());
    const instance = instanceOf(request);
    await initialising(instance.id, news, () => kind.apply(world, instance, plain(news), olds));
  }
  return new messages.UpdateResponse().setProperties(news);
}

function read(world: World, request: messages.ReadRequest): Promise<messages.ReadResponse> {
  const response = new messages.ReadResponse();
  if (!kindOf(request.getType()).exists(world, instanceOf(request))) return Promise.resolve(response);
  const properties = request.getProperties();
  return Promise.resolve(
    response
      .setId(request.getId())
      .setProperties(properties)
      .setInputs(request.getInputs() ?? properties),
  );
}

async function remove(world: World, request: messages.DeleteRequest): Promise<empty.Empty> {
  await kindOf(request.getType()).remove(world, instanceOf(request), plain(request.getProperties()));
  return new empty.Empty();
}

/** An error with the rest of what the protocol wants to know of something half made. */
class InitFailure extends Error {
  readonly id: string;
  readonly properties: Struct | undefined;

  constructor(message: string, id: string, properties: Struct | undefined) {
    super(message);
    this.id = id;
    this.properties = properties;
  }
}

async function initialising(id: string, properties: Struct | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const message = redact(error instanceof Error ? error.message : String(error), properties?.toJavaScript());
    throw error instanceof NotReady ? new InitFailure(message, id, properties) : new Error(message);
  }
}

function answer<Q, R>(log: (line: string) => void, work: (request: Q) => Promise<R>): handleUnaryCall<Q, R> {
  return (call, callback) => {
    const fail = (error: unknown): void => {
      log(`${call.getPath()}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      if (error instanceof InitFailure) callback(toInitFailure(error.message, error.id, error.properties));
      else callback(toStatus(error));
    };
    Promise.resolve(call.request)
      .then(work)
      .then((response) => callback(null, response), fail);
  };
}

function diffKind({ replaces }: Change): messages.PropertyDiff.Kind {
  const { UPDATE, UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  return replaces ? UPDATE_REPLACE : UPDATE;
}

function instanceOf(request: { getId(): string; getName(): string }): { id: string; name: string } {
  return { id: request.getId(), name: request.getName() };
}

function plain(properties: Struct | undefined): unknown {
  return unwrap(properties?.toJavaScript() ?? {});
}
