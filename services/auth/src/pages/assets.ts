import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RequestHandler } from "express";

/** Files pages refer to. Their names change with their content, so that browsers may keep them for good. */
export interface Assets {
  /** Path of a file below the service's own. */
  path: (name: AssetName) => string;
  serve: RequestHandler<{ name: string }>;
}

const types = { "style.css": "text/css; charset=utf-8", "passkeys.js": "text/javascript; charset=utf-8" } as const;

type AssetName = keyof typeof types;

/** Reads every file once. They lie beside `src`, and so also beside `dist`. */
export function loadAssets(): Assets {
  const files = new Map<string, { content: Buffer; type: string }>();
  const paths = new Map<string, string>();
  for (const [name, type] of Object.entries(types)) {
    const content = readFileSync(new URL(`../../assets/${name}`, import.meta.url));
    const hashed = name.replace(".", `.${createHash("sha256").update(content).digest("hex").slice(0, 12)}.`);
    files.set(hashed, { content, type });
    paths.set(name, `/assets/${hashed}`);
  }
  return {
    path: (name) => paths.get(name) ?? "",
    serve: (request, response, next) => {
      const file = files.get(request.params.name);
      if (!file) {
        next();
        return;
      }
      response.set({
        "content-type": file.type,
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      });
      response.send(file.content);
    },
  };
}
