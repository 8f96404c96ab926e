import { Problem } from "@purlin/kit/problems";
import type { Request } from "express";

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
  const accepted = header.split(",").map((tag) => tag.trim());
  return (version) => {
    if (!accepted.includes("*") && !accepted.includes(etag(version))) throw new Problem("precondition_failed");
  };
}
