import type { Row } from "../lib/signal.ts";

export const signIn: Row = {
  title: "Sign-in",
  folded: true,
  signals: [
    {
      title: "Attempts to sign in",
      description:
        "Attempts per second by method and how they ended. Failures without successes are somebody who guesses: see the audit log.",
      unit: "ops",
      show: "stacked",
      queries: [
        {
          expr: "sum by (method, result) (rate(auth_sign_in_total{$scope}[$interval]))",
          legend: "{{method}} {{result}}",
        },
      ],
      absentWhenHealthy: "the series appears with the first attempt",
    },
    {
      title: "Token requests",
      description: "Tokens issued per second by grant type, and requests refused by OAuth error.",
      unit: "ops",
      show: "stacked",
      queries: [
        {
          expr: "sum by (grant_type) (rate(auth_tokens_issued_total{$scope}[$interval]))",
          legend: "issued {{grant_type}}",
        },
        {
          expr: "sum by (error) (rate(auth_token_requests_refused_total{$scope}[$interval]))",
          legend: "refused {{error}}",
        },
      ],
      absentWhenHealthy: "the series appear with the first request for a token",
    },
    {
      title: "Refresh tokens used twice",
      description:
        "In the last hour. More than zero: two parties had one, and all tokens of that sign-in were revoked.",
      unit: "short",
      show: "stat",
      queries: [{ expr: "sum(increase(auth_refresh_reuse_total{$scope}[1h]))", legend: "reused" }],
      limits: { critical: 1 },
    },
    {
      title: "Sign-ins that were ended",
      description: "Grants that became void per second, by reason, and clients that were to be told of a sign-out.",
      unit: "ops",
      show: "stacked",
      queries: [
        { expr: "sum by (reason) (rate(auth_grants_revoked_total{$scope}[$interval]))", legend: "{{reason}}" },
        {
          expr: "sum by (result) (rate(auth_backchannel_logouts_total{$scope}[$interval]))",
          legend: "client {{result}}",
        },
      ],
      absentWhenHealthy: "the series appear with the first sign-out",
    },
    {
      title: "Passwords looked up among breached ones",
      description:
        "Per second, by result. Errors let the password pass: the service of breached passwords does not answer.",
      unit: "ops",
      show: "stacked",
      queries: [{ expr: "sum by (result) (rate(auth_breach_checks_total{$scope}[$interval]))", legend: "{{result}}" }],
      absentWhenHealthy: "only with a service of breached passwords",
    },
    {
      title: "Password hashes that wait",
      description: "Hashes waiting for a thread. More than a few for minutes: sign-ins are slow, add instances.",
      unit: "short",
      show: "lines",
      queries: [{ expr: "sum by (instance) (auth_password_queue_length{$scope})", legend: "{{instance}}" }],
    },
    {
      title: "Mail",
      description: "Messages per second handed to the mail server; failed ones are tried again, expired ones given up.",
      unit: "ops",
      show: "stacked",
      queries: [{ expr: "sum by (result) (rate(auth_mails_total{$scope}[$interval]))", legend: "{{result}}" }],
      absentWhenHealthy: "the series appears with the first message",
    },
  ],
};
