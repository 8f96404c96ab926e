import type { Readable } from "node:stream";
import { Problem } from "@purlin/kit/problems";
import busboy, { type Busboy } from "busboy";
import type { Request } from "express";

/** A file on its way in. `name` is the last part of what the client called it; it is for showing, never for paths. */
export interface IncomingFile {
  name: string;
  contentType: string;
  stream: Readable;
}

/**
 * Reads a multipart/form-data request with one file, in the field `file`, and gives it to `store` while it arrives.
 * Resolves with what `store` made of it, once the whole form has been read.
 * @throws Problem unsupported_media_type or malformed_body; whatever `store` throws.
 */
export async function receiveFile<T>(request: Request, store: (file: IncomingFile) => Promise<T>): Promise<T> {
  const form = openForm(request);
  let stored: Promise<T> | undefined;
  form.on("file", (field, stream, info) => {
    if (field !== "file" || stored) {
      stream.on("error", () => undefined).resume(); // the form itself reports it
      return;
    }
    stored = store({ name: fileName(info.filename), contentType: contentType(info.mimeType), stream });
    stored.catch(() => {
      request.unpipe(form);
      form.destroy();
    });
  });
  try {
    await feed(request, form);
  } catch (error) {
    await stored?.catch(() => undefined); // its stream broke too: let it clean up first
    throw new Problem("malformed_body", { detail: "the form ended early or is not multipart/form-data", cause: error });
  }
  if (!stored) throw new Problem("malformed_body", { detail: "the form has no file in a field named file" });
  return stored;
}

/**
 * Resolves when the form was read, or given up by destroying it. Not `pipeline`: that would also destroy the request, and with
 * it the connection on which the client is to be told what was wrong.
 */
function feed(request: Request, form: Busboy): Promise<void> {
  return new Promise((resolve, reject) => {
    form.once("error", reject).once("close", resolve);
    request.once("close", () => {
      if (!request.complete) form.destroy(new Error("the client hung up"));
    });
    request.pipe(form);
  });
}

function openForm(request: Request): Busboy {
  if (!request.is("multipart/form-data")) {
    throw new Problem("unsupported_media_type", { detail: "send the file as multipart/form-data" });
  }
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      limits: { files: 1, fields: 10, fieldSize: 1024, parts: 11, headerPairs: 20 },
    });
  } catch (error) {
    throw new Problem("malformed_body", { detail: "the multipart boundary is missing or wrong", cause: error });
  }
}

/** Without folders (busboy has removed them, of either slash), control characters and half surrogates; at most 200 characters. */
function fileName(name: string | undefined): string {
  const clean = (name ?? "")
    .toWellFormed()
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, 200)
    .toWellFormed();
  return clean === "" || clean === "." || clean === ".." ? "file" : clean;
}

function contentType(type: string): string {
  return /^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,60}$/.test(type) ? type : "application/octet-stream";
}
