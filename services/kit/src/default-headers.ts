import type { ServerResponse } from "node:http";

/**
 * What an answer says unless its route says otherwise: it is data, which no browser shows as a page, frames, sniffs or keeps (OWASP ASVS
 * 5.0, 3.4.3 to 3.4.6 and 14.3.2). Pages have a policy of their own, files that may be kept say so.
 */
const defaults = Object.entries({
  "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
});

export function setDefaultHeaders(response: ServerResponse): void {
  for (const [name, value] of defaults) response.setHeader(name, value);
}
