import { html, type Html } from "../pages/html.ts";

/** A mail as its reader sees it. */
export interface Message {
  subject: string;
  text: string;
  html: string;
}

/** What all mails have in common. */
interface Letter {
  brand: string;
  /** Name of the reader; absent where it is not known to be theirs. */
  name?: string | undefined;
  subject: string;
  paragraphs: string[];
  action?: { label: string; url: string } | undefined;
  /** Last words: what to do when one did not ask for this. */
  closing: string;
}

/** Plain text and the same in HTML without pictures, styles or anything that is fetched. */
export function compose(letter: Letter): Message {
  const greeting = letter.name === undefined ? "Hello," : `Hello ${letter.name},`;
  const { paragraphs, action, closing } = letter;
  const text = [greeting, ...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : []), closing, letter.brand];
  const paragraph = (line: string): Html => html`<p>${line}</p>`;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${letter.subject}</title>
      </head>
      <body>
        ${[greeting, ...paragraphs].map(paragraph)}
        ${
          action &&
          html`<p><a href="${action.url}">${action.label}</a></p>
            <p>${action.url}</p>`
        }
        ${[closing, letter.brand].map(paragraph)}
      </body>
    </html>`;
  return { subject: letter.subject, text: text.join("\n\n") + "\n", html: document.text };
}
