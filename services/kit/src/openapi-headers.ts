import type { Json } from "./openapi-schema.ts";
import type { ResponseDefinition, Route } from "./route.ts";

/** Headers of answers that mean the same everywhere. Each is a component, which answers refer to. */
export const headerComponents = {
  "x-request-id": header("Finds the request in our logs.", true),
  "ratelimit-policy": header('Requests allowed (`q`) in a window of so many seconds (`w`): `"read";q=3000;w=60`.'),
  ratelimit: header('Requests left (`r`) and the seconds until the window ends (`t`): `"read";r=2999;t=60`.'),
  "x-consistency-token": header("Where this write is: send it with the next read to see at least that."),
  "x-served-by": header("The node that answered: `primary`, `replica-1` or `cache`."),
  "idempotency-replayed": header("`true`: nothing was done; this is the answer of the first time."),
  "www-authenticate": header("How to sign in (RFC 6750, RFC 9449).", true),
  "retry-after": header("Seconds to wait.", true),
} satisfies Record<string, Json>;

function header(description: string, required = false): Json {
  return { description, ...(required && { required }), schema: { type: "string" } };
}

/** Headers of an answer of `route` when all is well. */
export function responseHeaders(route: Route, { headers = {} }: ResponseDefinition): Json {
  const common: (keyof typeof headerComponents)[] = ["x-request-id", "ratelimit", "ratelimit-policy"];
  if (route.access !== "public") common.push(route.method === "get" ? "x-served-by" : "x-consistency-token");
  if ("idempotency-key" in route.requestHeaders) common.push("idempotency-replayed");
  return {
    ...Object.fromEntries(common.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    ...Object.fromEntries(Object.entries(headers).map(([name, meaning]) => [name, header(meaning)])),
  };
}
