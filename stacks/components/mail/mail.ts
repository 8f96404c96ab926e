import type { Component } from "../component.ts";
import { aws } from "./aws.ts";
import { kubernetes } from "./kubernetes.ts";
import { local } from "./local.ts";
import { mailClaims, mailSpec } from "./spec.ts";

export const mail: Component<"mail"> = {
  kind: "mail",
  summary: "Mail: the SMTP server services send through, or a catcher that shows what they sent",
  spec: mailSpec,
  claims: mailClaims,
  needs: () => [],
  tools: () => [],
  after: [],
  on: { local, kubernetes, aws },
  env: ({ smtp, from }, needs) => (needs.length === 0 ? {} : { SMTP_URL: smtp, MAIL_FROM: from }),
};
