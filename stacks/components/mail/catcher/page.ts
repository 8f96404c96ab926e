import type { ParsedMail } from "mailparser";
import type { Summary } from "./store.ts";

const style = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  table { width: 100%; border-collapse: collapse }
  th, td { padding: 0.4rem 0.6rem; text-align: left; border-bottom: 1px solid #8886; overflow-wrap: anywhere }
  pre { white-space: pre-wrap; padding: 1rem; border: 1px solid #8886 }
  iframe { width: 100%; height: 30rem; border: 1px solid #8886; background: #fff }`;

/** The messages in a table, newest first. */
export function listPage(messages: readonly Summary[]): string {
  const rows = messages.map(
    ({ id, from, to, subject, receivedAt }) =>
      `<tr><td><time>${receivedAt}</time></td><td>${escape(from)}</td><td>${escape(to.join(", "))}</td>` +
      `<td><a href="/mail/${id}">${escape(subject || "(no subject)")}</a></td></tr>`,
  );
  const table = `<table><thead><tr><th>received</th><th>from</th><th>to</th><th>subject</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table>`;
  const empty = "<p>Nothing was sent yet. Reload after the platform has sent something.</p>";
  return page("Caught mail", rows.length === 0 ? empty : table);
}

/** One message: its text, and what HTML it brings, shown without scripts, forms or anything from elsewhere. */
export function messagePage({ from, to, subject, receivedAt }: Summary, { text, html }: ParsedMail): string {
  const fact = (name: string, value: string) => `<tr><th>${name}</th><td>${escape(value)}</td></tr>`;
  const facts = [fact("from", from), fact("to", to.join(", ")), fact("received", receivedAt)];
  return page(
    subject,
    `<p><a href="/">All mail</a></p><table>${facts.join("")}</table>
<pre>${escape(text ?? "")}</pre>
${html ? `<iframe title="HTML of the message" sandbox srcdoc="${escape(html)}"></iframe>` : ""}`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${style}</style></head><body><h1>${escape(title)}</h1>
${body}</body></html>
`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
