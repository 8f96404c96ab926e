import { Metadata, status, type ServerErrorResponse } from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/** An error as gRPC carries it. Only the message travels. */
export function toStatus(error: unknown): ServerErrorResponse {
  const message = error instanceof Error ? error.message : String(error);
  return { name: "Error", message, details: message, code: status.UNKNOWN };
}

/**
 * The protocol's way to say "it exists, but does not work": the engine keeps it with its inputs, marks it unfinished, and
 * calls update in the next run. It travels as google.rpc.Status in a well-known trailer.
 */
export function toInitFailure(message: string, id: string, properties: Struct | undefined): ServerErrorResponse {
  const failure = new messages.ErrorResourceInitFailed();
  failure.setId(id).setProperties(properties).setReasonsList([message]).setInputs(properties);
  const detail = new any.Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const full = new statusMessages.Status();
  full.setCode(status.UNKNOWN).setMessage(message).addDetails(detail);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(full.serializeBinary()));
  return { name: "Error", message, details: message, code: status.UNKNOWN, metadata };
}
