import { open, stat, type FileHandle } from "node:fs/promises";
import { hasCode } from "../../../home/files.ts";
import { processLog, type SupervisorHome } from "./places.ts";
import { pause } from "./wait.ts";

export interface ReadLogOptions {
  /** Lines from the end. */
  lines: number;
  /** Goes on with what is written from now on, over rotations, until the signal aborts. */
  follow?: boolean;
  signal?: AbortSignal | undefined;
}

const chunkBytes = 64 * 1024;
const pollMs = 200;

/** Last lines of a process's log, and the lines to come. A process that never wrote gives nothing. */
export async function* readLog(home: SupervisorHome, name: string, options: ReadLogOptions): AsyncGenerator<string> {
  const path = processLog(home, name);
  const { lines, end, inode } = await readTail(path, options.lines);
  yield* lines;
  if (options.follow) yield* followFrom(path, { offset: end, inode }, options.signal);
}

/** The last lines as a list, for messages. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  return (await readTail(path, count)).lines;
}

interface Position {
  offset: number;
  inode: number;
}

async function readTail(path: string, count: number): Promise<{ lines: string[]; end: number; inode: number }> {
  const file = await openIfPresent(path);
  if (file === undefined) return { lines: [], end: 0, inode: 0 };
  try {
    const { size, ino } = await file.stat();
    const parts: Buffer[] = [];
    let start = size;
    // One newline more than lines: the one before the first line wanted.
    for (let newlines = 0; start > 0 && newlines <= count;) {
      const length = Math.min(chunkBytes, start);
      start -= length;
      const part = await readAt(file, start, length);
      newlines += part.reduce((found, byte) => found + (byte === 10 ? 1 : 0), 0);
      parts.unshift(part);
    }
    const text = Buffer.concat(parts).toString("utf8");
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return { lines: count > 0 ? lines.slice(-count) : [], end: size, inode: ino };
  } finally {
    await file.close();
  }
}

async function* followFrom(path: string, position: Position, signal?: AbortSignal): AsyncGenerator<string> {
  let rest = "";
  for (let { offset, inode } = position; !signal?.aborted;) {
    const now = await stat(path).catch(() => undefined);
    if (now && (now.ino !== inode || now.size < offset)) [offset, inode] = [0, now.ino]; // rotated
    const text = now && now.size > offset ? await readRange(path, offset, now.size) : "";
    offset += Buffer.byteLength(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (text === "") await pause(pollMs, signal).catch(() => undefined); // an abort is the normal end of following
  }
}

async function readRange(path: string, start: number, end: number): Promise<string> {
  const file = await openIfPresent(path);
  if (file === undefined) return "";
  try {
    const part = await readAt(file, start, Math.min(end - start, chunkBytes));
    // Whole lines only, unless a line is longer than a chunk: a character is never cut in two.
    const cut = part.lastIndexOf(10) + 1;
    return part.subarray(0, cut > 0 || part.length < chunkBytes ? cut : part.length).toString("utf8");
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}
