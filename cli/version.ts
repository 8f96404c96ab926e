import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Folder of purlin's own package, from source (cli/) and from the build (dist/cli/) alike. */
export const packageRoot = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? ".." : "../..", import.meta.url));

export const version = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("package.json", `file://${packageRoot}`), "utf8"));
  const known = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return known && typeof manifest.version === "string" ? manifest.version : "unknown";
}
