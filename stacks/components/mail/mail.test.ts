import { isSecret, output } from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { fakeTarget } from "../../../tests/harness/fake-target.ts";
import { register } from "../../../tests/harness/register.ts";
import { messagePage, listPage } from "./catcher/page.ts";
import { local } from "./local.ts";
import { mail } from "./mail.ts";
import type { MailSpec } from "./outputs.ts";
import { mailSpec } from "./spec.ts";

const build = (spec: MailSpec) =>
  register(() => local(fakeTarget(), { spec, consumers: [], built: {}, envOf: () => ({}) }));
const need = { consumer: "auth", on: "mail" } as const;

test("without a server mail is caught by one process, which services send to and people look at", async () => {
  const { result, resources } = await build({ from: "a@b.example" });
  expect(resources.map(({ name }) => name)).toEqual(["mail-data", "mail"]);
  expect(result.outputs).toEqual({ smtp: "smtp://127.0.0.1:20001", from: "a@b.example", url: "http://127.0.0.1:8025" });
  expect(mail.env(result.outputs, [need], "run")).toEqual({
    SMTP_URL: "smtp://127.0.0.1:20001",
    MAIL_FROM: "a@b.example",
  });
});

test("with a server nothing runs, and there is no page", async () => {
  const { result, resources } = await build({ from: "a@b.example", smtp: "smtps://u:p@mail.example" });
  expect(resources).toEqual([]);
  expect(await isSecret(output(result.outputs.smtp))).toBe(true);
  expect([result.scrape, result.outputs.url]).toEqual([[], undefined]);
});

test("a service that does not ask for mail is not told of it", async () => {
  const { result } = await build({ from: "a@b.example" });
  expect(mail.env(result.outputs, [], "run")).toEqual({});
});

test.each([
  ["a sender with a name", { from: "Shop <no-reply@shop.example>" }, true],
  ["a server's URL", { from: "a@b.example", smtp: "smtps://user:p%40ss@mail.example:465" }, true],
  ["a reference", { from: "a@b.example", smtp: "${env:SMTP_URL}" }, true],
  ["no sender", {}, false],
  ["a sender that would add a header", { from: "a@b.example>\r\nBcc: <c@d.example" }, false],
  ["another protocol", { from: "a@b.example", smtp: "https://mail.example" }, false],
])("%s: %#", (_what, spec, accepted) => {
  expect(mailSpec.safeParse(spec).success).toBe(accepted);
});

describe("a page", () => {
  const message = { id: "1", from: '"<b>" <a@b>', to: ["<i>@c"], subject: "<script>", receivedAt: "now", bytes: 1 };

  test("shows what mail says as text", () => {
    const mail = { text: "<img>", html: false, attachments: [], headers: new Map(), headerLines: [] } as const;
    for (const shown of [listPage([message]), messagePage(message, { ...mail, attachments: [], headerLines: [] })]) {
      expect(shown).not.toMatch(/<(b|i|script|img)>/);
    }
  });

  test("keeps the HTML of a message in a frame of its own, and the frame's markup whole", () => {
    const html = '"></iframe><script>alert(1)</script>';
    const shown = messagePage(message, { html, attachments: [], headers: new Map(), headerLines: [] });
    expect(shown).toContain('sandbox srcdoc="&#34;&#62;&#60;/iframe&#62;');
    expect(shown).not.toContain("<script>");
  });
});
