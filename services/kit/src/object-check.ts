import { Transform, type Readable } from "node:stream";
import { fileTypeFromBuffer } from "file-type";
import { isObjectType, objectTypes, type ObjectType } from "./object-types.ts";
import type { Bucket } from "./storage.ts";

/** What a client said that it would upload. */
export interface ExpectedObject {
  size: number;
  contentType: string;
}

export type CheckResult =
  { state: "missing" } | { state: "checked"; sha256: string } | { state: "rejected"; reason: "size" | "type" };

/** Bytes from the beginning that tell a type; enough for the directory entries that tell one kind of zip from another. */
const headLength = 64 * 1024;

/**
 * Takes what was uploaded to `from` over to `to`, when it is what was announced: of that size, and by its content of
 * that type. It is copied while it is looked at: an upload can be repeated until its address expires, and what nobody
 * can write to any more is exactly what was checked. Nothing is left at `to` unless the answer is "checked".
 * @throws Problem unavailable
 */
export async function checkObject(
  bucket: Bucket,
  from: string,
  to: string,
  expected: ExpectedObject,
): Promise<CheckResult> {
  const found = await bucket.get(from);
  if (!found) return { state: "missing" };
  if (found.size !== expected.size) {
    found.body.destroy();
    return { state: "rejected", reason: "size" };
  }
  const inspected = inspect(found.body);
  const { size, sha256 } = await bucket.put(to, inspected.stream, {
    contentType: expected.contentType,
    limit: expected.size,
  });
  const reason = size !== expected.size ? "size" : (await inspected.isOf(expected.contentType)) ? undefined : "type";
  if (reason === undefined) return { state: "checked", sha256 };
  await bucket.delete(to);
  return { state: "rejected", reason };
}

/** Passes bytes on, keeping the first and reading all as text. */
function inspect(source: Readable) {
  const head: Buffer[] = [];
  let kept = 0;
  const text = textReader();
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (kept < headLength) {
        head.push(chunk.subarray(0, headLength - kept));
        kept += Math.min(chunk.length, headLength - kept);
      }
      text.read(chunk);
      done(null, chunk);
    },
  });
  source.on("error", (error) => stream.destroy(error));
  source.pipe(stream);
  return {
    stream,
    isOf: async (contentType: string) =>
      isObjectType(contentType) && (await matches(contentType, Buffer.concat(head), text.isText())),
  };
}

async function matches(type: ObjectType, head: Buffer, isText: boolean): Promise<boolean> {
  if (objectTypes[type] === "text") return isText;
  const found = (await fileTypeFromBuffer(head))?.mime;
  const office = type.startsWith("application/vnd."); // a zip, and one with unusual order is only seen to be that
  return found === type || (office && found === "application/zip");
}

/** Whether all it reads is UTF-8 without NUL. */
function textReader() {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let good = true;
  const read = (chunk?: Buffer) => {
    if (!good) return;
    try {
      good = !decoder.decode(chunk, { stream: chunk !== undefined }).includes("\0");
    } catch {
      good = false;
    }
  };
  return {
    read,
    isText: () => {
      read();
      return good;
    },
  };
}
