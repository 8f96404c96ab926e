import { z } from "zod";
import { shown } from "./shown.ts";
import { noSize, parseBytes, sizePattern } from "./size.ts";

/*
 * The kinds of value a blueprint holds. Each helper gives one zod schema whose refusal names the value and says what to
 * write instead; the path and line are put before it by problems.ts. Schemas stay expressible as JSON Schema: checks
 * are patterns and bounds, and only the last step transforms.
 */

function text(pattern: RegExp, refusal: (value: string) => string) {
  return z.string().regex(pattern, { error: (issue) => refusal(shown(issue.input)) });
}

/** A size like `128MiB`, not below `min` nor above `max` (sizes too); parsed to whole bytes. */
export function bytes({ min = "1B", max = "1024TiB" }: { min?: string; max?: string } = {}) {
  return z
    .string()
    .regex(sizePattern, { error: (issue) => noSize(issue.input) })
    .refine((size) => !sizePattern.test(size) || parseBytes(size) >= parseBytes(min), {
      error: (issue) => `${shown(issue.input)} is too small; the least is ${min}`,
    })
    .refine((size) => !sizePattern.test(size) || parseBytes(size) <= parseBytes(max), {
      error: (issue) => `${shown(issue.input)} is too large; the most is ${max}`,
    })
    .meta({ format: "bytes" })
    .transform(parseBytes);
}

/** A whole number between `min` and `max`, both included. */
export function count({ min, max }: { min: number; max: number }) {
  return z.int().min(min).max(max);
}

/** A number of seconds between `min` and `max`, both included. */
export function seconds({ min, max }: { min: number; max: number }) {
  return z.number().min(min).max(max);
}

/** A TCP port a program without privileges may be given. */
export function port() {
  return count({ min: 1024, max: 65_535 });
}

/** A Prometheus duration: `15d`, `12h`. */
export function promDuration() {
  return text(
    /^[1-9]\d*[smhdwy]$/,
    (value) => `${value} is not a duration; write a number and s, m, h, d, w or y, like 15d`,
  );
}

/** A name of ours (project, stack, service, receiver): usable in host names, files and resource names. */
export function name(what: string, { max = 40 }: { max?: number } = {}) {
  return text(
    new RegExp(`^(?=.{1,${max}}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$`),
    (value) => `${value} is not a ${what} name; use lower case letters, digits and single dashes, at most ${max}`,
  );
}

/** An unquoted Postgres identifier of at most 40 characters, so that role names made from it fit in 63. */
export function databaseName() {
  return text(
    /^(?!postgres$|template[01]$)[a-z][a-z0-9_]{0,39}$/,
    (value) =>
      `${value} is not a database name; use lower case letters, digits and _, at most 40; not postgres or template0/1`,
  );
}

/** Name of a Postgres extension, as in CREATE EXTENSION. */
export function extensionName() {
  return text(/^[a-z][a-z0-9_-]{0,62}$/, (value) => `${value} is not the name of a Postgres extension, like pg_trgm`);
}

/**
 * An S3 bucket name without dots, which break certificates of virtual-host addressing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function bucketName() {
  return text(
    /^(?=.{3,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    (value) => `${value} is not a bucket name; use 3 to 63 lower case letters, digits and single dashes`,
  );
}

/** A path prefix of URLs: `/` or `/api/v1`, no slash at the end. */
export function routePath() {
  return text(
    /^\/$|^(\/[A-Za-z0-9._~-]+)+$/,
    (value) => `${value} is not a route path; start with a slash and end without one, like /api`,
  );
}

/** A host name: `localhost`, `shop.example.com`. */
export function hostName() {
  return text(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
    (value) => `${value} is not a host name, like shop.example.com`,
  );
}

/** A CORS origin: scheme, host and port without a path, or `*`. */
export function origin() {
  return text(
    /^\*$|^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/,
    (value) => `${value} is not an origin; write scheme and host without a path, like https://shop.example.com`,
  );
}

/** An http(s) URL, or `${env:NAME}` where the URL is a secret. The value is not repeated in the refusal: it may be one. */
export function secretUrl() {
  return text(
    /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$|^https?:\/\/[^\s/]+(\/\S*)?$/,
    () => "not a URL; write https://... or, to keep it out of the file, ${env:NAME}",
  );
}

/** An smtp(s) URL, or `${env:NAME}`. Like secretUrl, it is never repeated. https://nodemailer.com/smtp/ */
export function secretSmtpUrl() {
  return text(
    /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$|^smtps?:\/\/[^\s/]+(\/\S*)?$/,
    () => "not an smtp URL; write smtps://user:password@host or, to keep it out of the file, ${env:NAME}",
  );
}

/** A mailbox: `name@host`, or `Name <name@host>`. */
export function mailbox() {
  return text(
    /^([^<>"\r\n]+ <[^\s<>@"]+@[^\s<>@"]+>|[^\s<>@"]+@[^\s<>@"]+)$/,
    (value) => `${value} is not a sender; write name@example.com or Name <name@example.com>`,
  );
}

/** A folder relative to purlin.yaml that does not leave it. */
export function folder() {
  return text(
    /^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0]+$/,
    (value) => `${value} must be a folder below that of purlin.yaml, written relative to it`,
  );
}

/** Name of an environment variable. */
export function envName() {
  return text(/^[A-Za-z_][A-Za-z0-9_]*$/, (value) => `${value} is not the name of an environment variable`);
}

/** A program and its arguments. */
export function command() {
  return z.tuple([z.string().min(1).describe("The program to run.")], z.string());
}

/** A mapping with keys of one kind: `databases`, `buckets`, `services`. */
export function mapping<K extends z.ZodType<string, string>, V extends z.ZodType>(key: K, value: V) {
  return z.record(key, value);
}
