import { lookup, type LookupAddress } from "node:dns";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { hostOf, isAllowedAddress, OutboundRefused, checkOutboundUrl, type OutboundRules } from "./outbound-url.ts";
import { traceHeaders } from "./telemetry.ts";

export interface OutboundRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds for all of it: name, connection, answer. */
  timeout: number;
}

export interface OutboundAnswer {
  status: number;
  /** The beginning of the answer's body, at most `answerLimit` bytes, as text. */
  body: string;
}

/** Finds a host's addresses; the system's resolver, unless a test says otherwise. */
export type Resolve = (hostname: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** Bytes of an answer that are read: enough to see what a receiver complained about. */
const answerLimit = 4096;

const resolveHost: Resolve = (hostname, done) => lookup(hostname, { all: true }, done);

/**
 * POSTs to an address a user named. The name is resolved once, and the connection goes to an address that was checked:
 * one that changes in between (DNS rebinding) gains nothing. Redirects are not followed, proxies not asked.
 * @throws OutboundRefused; Error when it cannot be reached or does not answer in time.
 */
export async function postOutbound(
  { url: text, headers, body, timeout }: OutboundRequest,
  rules: OutboundRules,
  resolve: Resolve = resolveHost,
): Promise<OutboundAnswer> {
  const url = checkOutboundUrl(text, rules);
  const signal = AbortSignal.timeout(timeout);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send({
    method: "POST",
    host: hostOf(url), // an address is connected to as it is; it has been checked above
    port: url.port,
    path: url.pathname + url.search,
    headers: { ...headers, ...traceHeaders(), "content-length": String(Buffer.byteLength(body)) },
    agent: false, // a connection of its own: a pooled one could be to an address from before
    lookup: checkedLookup(rules, resolve),
    signal,
  });
  request.end(body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await beginning(answer) };
}

/** A resolver for one connection: all addresses are public, or none is given. */
function checkedLookup(rules: OutboundRules, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses;
      // one answer for "does not exist" and "is private": it is not for outsiders to learn our names
      if (error || !first || !addresses.every(({ address }) => isAllowedAddress(address, rules))) {
        callback(new OutboundRefused("has no public address"), "", 0);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function beginning(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= answerLimit) break; // leaving the loop destroys the connection
  }
  return Buffer.concat(chunks).subarray(0, answerLimit).toString("utf8");
}
