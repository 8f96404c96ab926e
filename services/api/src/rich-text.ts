import { Problem } from "@purlin/kit/problems";
import sanitizeHtml from "sanitize-html";

/** Longest rich text, in UTF-16 units, as sent and as stored. */
export const richTextLimit = 50_000;

const options: sanitizeHtml.IOptions = {
  allowedTags: [
    ...["p", "br", "hr", "h1", "h2", "h3", "blockquote", "pre", "ul", "ol", "li"],
    ...["strong", "b", "em", "i", "u", "s", "code", "a"],
  ],
  allowedAttributes: { a: ["href", "rel"] },
  allowedSchemes: ["http", "https", "mailto"],
  allowProtocolRelative: false,
  disallowedTagsMode: "discard",
  /** Gone with all they contain: browsers and this parser disagree about where their text ends, which is how markup mutates. */
  nonTextTags: [
    ...["script", "style", "textarea", "option", "select", "xmp", "plaintext", "title", "listing"],
    ...["noscript", "noembed", "noframes", "iframe", "template", "svg", "math", "object", "embed"],
  ],
  nestingLimit: 50,
  transformTags: { a: (tagName, { href }) => ({ tagName, attribs: linkAttributes(href) }) },
  exclusiveFilter: ({ tag, attribs }) => (tag === "a" && attribs["href"] === undefined ? "excludeTag" : false),
};

/** Taking a tag away may bring two together that cannot be nested: the next pass sets that right. Two do in practice. */
const passes = 5;

/**
 * Makes HTML that somebody sent harmless, for storing: an allow-list of plain formatting, links that lead to another
 * page and tell it nothing of ours. Applied to what it gave, it changes nothing.
 * @throws Problem invalid_request when it is longer than `richTextLimit`, before or after, or cannot be made sense of.
 */
export function sanitiseRichText(html: string): string {
  let text = limited(html).toWellFormed().replaceAll("\0", "");
  for (let pass = 0; pass < passes; pass++) {
    const clean = sanitizeHtml(text, options);
    if (clean === text) return limited(clean);
    text = clean;
  }
  throw new Problem("invalid_request", { detail: "the markup is too tangled to be made safe" });
}

function limited(html: string): string {
  if (html.length <= richTextLimit) return html;
  throw new Problem("invalid_request", { detail: `a text may have ${richTextLimit} characters, its markup included` });
}

/** A link to an absolute address, written as a browser would; none for anything else, and what was the link's text stays. */
function linkAttributes(href = ""): sanitizeHtml.Attributes {
  const url = URL.parse(href);
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return {};
  return { href: url.href, rel: "noopener nofollow" };
}
