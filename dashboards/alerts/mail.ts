import type { AlertGroup } from "../lib/alert.ts";

const received = (result: string) => `mail_messages_received_total{result="${result}"}`;

export const mail: AlertGroup = {
  noun: "mail",
  alerts: [
    {
      name: "MailDown",
      severity: "ticket",
      for: "5m",
      expr: 'up{component="mail"} == 0',
      summary: "the mail catcher does not answer",
      why: "Nobody can sign up or reset a password: the mail with the link is not taken.",
      first: ["`purlin status`", "`purlin logs mail`"],
      fires: { series: { 'up{component="mail"}': "0x20" }, at: "10m" },
      quiet: { series: { 'up{component="mail"}': "1x20" }, at: "10m" },
    },
    {
      name: "MailRefused",
      severity: "ticket",
      for: "0m",
      expr: 'increase(mail_messages_received_total{result="refused"}[15m]) > 0',
      summary: "the mail catcher refused a message",
      why: "Whoever waits for it waits in vain.",
      first: ["`purlin logs mail` and of the service that sent it", "is it above 1 MiB, or is the disk full?"],
      fires: { series: { [received("refused")]: "0 0 0 1 1 1 1 1 1 1 1" }, at: "10m" },
      quiet: { series: { [received("refused")]: "0x20", [received("kept")]: "0+1x20" }, at: "10m" },
    },
  ],
};
