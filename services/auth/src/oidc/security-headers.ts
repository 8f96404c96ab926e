import type { ServerResponse } from "node:http";

export interface PagePolicy {
  /** Where forms may lead, redirects included, besides this origin. CSP sources. */
  formTargets?: readonly string[];
  /** Whether scripts of this origin may run. */
  scripts?: boolean;
}

/**
 * Headers of every page people see here: nothing but this origin's own style, image and, where asked for, script files; no frame
 * around it; no address told to others; kept by nobody (OWASP ASVS 5.0, 3.4).
 */
export function setSecurityHeaders(
  response: ServerResponse,
  { formTargets = [], scripts = false }: PagePolicy = {},
): void {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    ...(scripts ? ["script-src 'self'", "connect-src 'self'"] : []),
    `form-action ${["'self'", ...formTargets].join(" ")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  const headers = {
    "content-security-policy": policy.join("; "),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** The source that stands for a redirect URI in form-action. */
export function formTarget(redirectUri: string): string {
  const { protocol, origin, hostname } = new URL(redirectUri);
  if (protocol !== "http:" && protocol !== "https:") return protocol; // an application's own scheme
  if (protocol === "http:" && hostname === "[::1]") return protocol; // CSP has no word for an IPv6 address
  const loopback = protocol === "http:" && ["127.0.0.1", "localhost"].includes(hostname);
  return loopback ? `http://${hostname}:*` : origin; // its port is chosen anew each time (RFC 8252, 7.3)
}
