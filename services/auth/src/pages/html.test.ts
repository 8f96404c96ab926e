import fc from "fast-check";
import { expect, test } from "vitest";
import { html } from "./html.ts";

test("values are text, wherever they stand and whatever they are", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const { text } = html`<a title="${value}">${value}</a>`;
      expect(text.replace('<a title="', "").replace('">', "").replace("</a>", "")).not.toMatch(/[<>"']/);
    }),
  );
  expect(html`<p>${`<script>alert("1" & '2')</script>`}</p>`.text).toBe(
    "<p>&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;</p>",
  );
});

test("markup stays markup, lists are joined, and what is not there leaves no trace", () => {
  const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
  expect(html`${items}${undefined}${null}${false}${true}${0}`.text).toBe("<li>a</li><li>&lt;b&gt;</li>0");
});
