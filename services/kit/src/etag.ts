import type { Request } from "express";
import { Problem } from "./problems.ts";

/** Entity tag of a version. */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * A check that a version is the one the request's `if-match` names (RFC 9110, 13.1.1).
 * @throws Problem precondition_required without the header; the check: precondition_failed
 */
export function expectVersion(request: Request): (version: number) => void {
  const header = request.get("if-match");
  if (header === undefined) throw new Problem("precondition_required");
  const accepted = tagsIn(header);
  return (version) => {
    if (!accepted.includes("*") && !accepted.includes(etag(version))) throw new Problem("precondition_failed");
  };
}

/** Whether the client has that already (RFC 9110, 13.1.2): the comparison is the weak one. */
export function isKnown(request: Request, tag: string): boolean {
  const header = request.get("if-none-match");
  if (header === undefined) return false;
  const known = tagsIn(header).map((one) => one.replace(/^W\//, ""));
  return known.includes("*") || known.includes(tag);
}

function tagsIn(header: string): string[] {
  return header.split(",").map((tag) => tag.trim());
}
