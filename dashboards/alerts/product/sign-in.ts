import type { Alert } from "../../lib/alert.ts";

const attempts = (result: string) => `auth_sign_in_total{method="password",result="${result}"}`;

export const signIn: readonly Alert[] = [
  {
    name: "RefreshTokenReused",
    severity: "ticket",
    for: "0m",
    expr: "sum by (env, cluster) (increase(auth_refresh_reuse_total[15m])) > 0",
    summary: "a refresh token was used again after its use was over",
    why: "Two parties had it: a thief, or a client that keeps its tokens badly. Its sign-in was revoked already.",
    first: [
      "whose, and from where: `purlin psql app -- -c \"select * from platform.audit_events where details->>'reason' = 'refresh-token-reused' order by id desc limit 20\"`",
      "the same account or client again: talk to its owner",
    ],
    fires: { series: { auth_refresh_reuse_total: "0 0 0 1 1 1 1 1 1 1 1" }, at: "8m" },
    quiet: { series: { auth_refresh_reuse_total: "3x20" }, at: "18m" },
  },
  {
    name: "SignInsFail",
    severity: "ticket",
    for: "10m",
    expr: 'sum by (env, cluster) (rate(auth_sign_in_total{result=~"failure|throttled"}[10m])) > 1 and sum by (env, cluster) (rate(auth_sign_in_total{result=~"failure|throttled"}[10m])) > 3 * (sum by (env, cluster) (rate(auth_sign_in_total{result="success"}[10m])) or 0 * sum by (env, cluster) (rate(auth_sign_in_total[10m])))',
    summary: "{{ $value }} sign-ins a second fail, many times those that succeed",
    why: "Somebody tries passwords from elsewhere, or signing in is broken.",
    first: [
      "sign in yourself",
      "from where: `purlin psql app -- -c \"select address, count(*) from platform.audit_events where action = 'session.refused' and occurred_at > now() - interval '1 hour' group by 1 order by 2 desc limit 20\"`",
      "few addresses and many accounts are an attack: block them before the gateway",
    ],
    fires: { series: { [attempts("failure")]: "0+120x40", [attempts("success")]: "0+6x40" }, at: "35m" },
    quiet: { series: { [attempts("failure")]: "0+120x40", [attempts("success")]: "0+600x40" }, at: "35m" },
  },
  {
    name: "MailFails",
    severity: "ticket",
    for: "10m",
    expr: 'sum by (env, cluster) (rate(auth_mails_total{result="failed"}[5m])) > 0',
    summary: "mail cannot be handed to the mail server",
    why: "Nobody can verify an address or reset a password.",
    first: ["`purlin logs auth`", "is the server of `mail.smtp` up, and its login right?"],
    fires: { series: { 'auth_mails_total{result="failed"}': "0+2x30" }, at: "20m" },
    quiet: {
      series: { 'auth_mails_total{result="failed"}': "1x30", 'auth_mails_total{result="sent"}': "0+9x30" },
      at: "20m",
    },
  },
];
