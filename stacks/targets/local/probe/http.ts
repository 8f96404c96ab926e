import { readFile } from "node:fs/promises";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { ProbeOf } from "./spec.ts";

const bodyLimit = 300;

/** Good when the status is one of `status`, or any 2xx without it. The answer carries the start of a bad body. */
export async function probeHttp(spec: ProbeOf<"http">, signal: AbortSignal): Promise<string> {
  const response = await send(spec, signal);
  const status = response.statusCode ?? 0;
  if (spec.status ? spec.status.includes(status) : status >= 200 && status < 300) {
    response.destroy();
    return `HTTP ${status}`;
  }
  const body = await readStart(response);
  throw new Error(body === "" ? `HTTP ${status}` : `HTTP ${status}: ${body}`);
}

/** A fresh connection each time: a probe must notice that nobody accepts new ones. */
async function send({ url, headers, caFile }: ProbeOf<"http">, signal: AbortSignal): Promise<IncomingMessage> {
  const options = { headers, signal, agent: false } as const;
  const request = url.startsWith("https:")
    ? requestHttps(url, { ...options, ca: caFile && (await readFile(caFile)) })
    : requestHttp(url, options);
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject); // stays: a reset after the answer's head changes nothing, and must not crash us
    request.end();
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length >= bodyLimit) break;
  }
  return text.slice(0, bodyLimit).replace(/\s+/g, " ").trim();
}
