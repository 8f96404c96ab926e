import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, dirname } from "node:path";
import type { Express, RequestHandler } from "express";

const assets = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const files = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/** Nothing but our own files runs or is loaded; Swagger UI draws its icons from data URLs. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>API reference</title>
    <link rel="icon" href="reference/favicon-32x32.png" />
    <link rel="stylesheet" href="reference/swagger-ui.css" />
    <link rel="stylesheet" href="reference/reference.css" />
  </head>
  <body>
    <main id="reference"></main>
    <script src="reference/swagger-ui-bundle.js"></script>
    <script src="reference/start.js"></script>
  </body>
</html>
`;

const start = `"use strict";
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
});
`;

const style = `body { margin: 0 }
.swagger-ui .topbar, .swagger-ui .scheme-container .servers-title, .swagger-ui .servers { display: none }
.swagger-ui .scheme-container { padding: 16px 0; box-shadow: none }
.swagger-ui .info { margin: 32px 0 16px }
`;

/** The document at /openapi.json, and a page that shows it at /reference, where / leads. */
export function mountReference(app: Express, document: object): void {
  const json = JSON.stringify(document);
  const guard: RequestHandler = (_request, response, next) => {
    response.set({
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    next();
  };
  app.get("/openapi.json", guard, (_request, response) => {
    response.type("json").send(json);
  });
  app.get("/", (request, response) => {
    response.redirect(308, `${request.get("x-forwarded-prefix") ?? ""}/reference`);
  });
  app.get("/reference", guard, (_request, response) => {
    response.type("html").send(page);
  });
  app.get("/reference/start.js", guard, (_request, response) => {
    response.type("js").send(start);
  });
  app.get("/reference/reference.css", guard, (_request, response) => {
    response.type("css").send(style);
  });
  for (const file of files) {
    const content = readFileSync(join(assets, file));
    app.get(`/reference/${file}`, guard, (_request, response) => {
      response
        .type(file.slice(file.lastIndexOf(".")))
        .set("cache-control", "public, max-age=86400")
        .send(content);
    });
  }
}
