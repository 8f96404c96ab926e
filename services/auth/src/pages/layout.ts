import type { Assets } from "./assets.ts";
import { html, type Html } from "./html.ts";

/** What every page needs to know of where it stands. */
export interface Site {
  brand: string;
  /** Address of one of our pages for a browser: `/account` gives `/auth/account`. */
  href: (path: string) => string;
  assets: Assets;
}

export interface PageContent {
  title: string;
  content: Html;
  /** Whether the page has forms for passkeys, and so a script. */
  passkeys?: boolean | undefined;
  /** A page of lists and sections, not of one form. */
  wide?: boolean | undefined;
}

/** A whole document. What is wrong or done stands first, where a screen reader comes by. */
export function renderPage(site: Site, { title, content, passkeys = false, wide = false }: PageContent): string {
  const script = html`<script type="module" src="${site.href(site.assets.path("passkeys.js"))}"></script>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · ${site.brand}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${site.href(site.assets.path("style.css"))}" />
        ${passkeys && script}
      </head>
      <body class="${wide ? "wide" : "narrow"}">
        <header class="brand">${site.brand}</header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text;
}
