import { request } from "node:http";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

/** A value of XML-RPC, as far as supervisord speaks it; see http://xmlrpc.com/spec.md. */
export type RpcValue = string | number | boolean | RpcValue[] | { [name: string]: RpcValue };

/** supervisord refused; its codes are in supervisor/xmlrpc.py, class Faults. */
export class RpcFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const faults = { badName: 10, alreadyStarted: 60, notRunning: 70, alreadyAdded: 90 } as const;

/** Calls one method over a unix socket. @throws RpcFault, or the socket's error when nobody answers in time. */
export async function call(
  socketPath: string,
  method: string,
  params: (string | boolean)[],
  timeoutMs: number,
): Promise<RpcValue> {
  return decode(await post(socketPath, encode(method, params), timeoutMs));
}

function post(socketPath: string, body: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({
      socketPath,
      path: "/RPC2",
      method: "POST",
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    sent.setHeader("Content-Type", "text/xml").setHeader("Content-Length", Buffer.byteLength(body));
    sent.on("error", reject).on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("error", reject);
      response.on("data", (chunk: string) => (text += chunk)).on("end", () => resolve(text));
    });
    sent.end(body);
  });
}

function encode(method: string, params: (string | boolean)[]): string {
  const values = params.map((param) =>
    typeof param === "string" ? `<string>${escape(param)}</string>` : `<boolean>${param ? 1 : 0}</boolean>`,
  );
  const list = values.map((value) => `<param><value>${value}</value></param>`).join("");
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${list}</params></methodCall>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// The parser keeps every text as it is; types come from the tags. Lists are lists also when they have one member.
const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  isArray: (tag, path) => tag === "member" || (tag === "value" && String(path).endsWith(".data.value")),
});

interface Value {
  string?: string | undefined;
  int?: string | undefined;
  boolean?: string | undefined;
  array?: { data: { value?: Value[] | undefined } | string } | undefined;
  struct?: { member?: { name: string; value: Value }[] | undefined } | undefined;
}

const valueSchema: z.ZodType<Value> = z.lazy(() =>
  z.object({
    string: z.string().optional(),
    int: z.string().optional(),
    boolean: z.string().optional(),
    array: z.object({ data: z.union([z.object({ value: z.array(valueSchema).optional() }), z.string()]) }).optional(),
    struct: z.object({ member: z.array(z.object({ name: z.string(), value: valueSchema })).optional() }).optional(),
  }),
);

const responseSchema = z.object({
  methodResponse: z.object({
    params: z.object({ param: z.object({ value: valueSchema }) }).optional(),
    fault: z.object({ value: valueSchema }).optional(),
  }),
});

const faultSchema = z.object({ faultCode: z.number(), faultString: z.string() });

function decode(text: string): RpcValue {
  const { params, fault } = responseSchema.parse(parser.parse(text)).methodResponse;
  if (fault) {
    const { faultCode, faultString } = faultSchema.parse(toValue(fault.value));
    throw new RpcFault(faultCode, faultString);
  }
  return params ? toValue(params.param.value) : "";
}

function toValue({ string, int, boolean, array, struct }: Value): RpcValue {
  if (int !== undefined) return Number(int);
  if (boolean !== undefined) return boolean === "1";
  if (array !== undefined) return typeof array.data === "string" ? [] : (array.data.value ?? []).map(toValue);
  if (struct !== undefined) {
    return Object.fromEntries((struct.member ?? []).map(({ name, value }) => [name, toValue(value)]));
  }
  return string ?? "";
}
