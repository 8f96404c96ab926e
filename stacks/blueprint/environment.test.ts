import { expect, test } from "vitest";
import { PurlinError } from "../../errors/purlin-error.ts";
import { demandAvailable } from "./available.ts";
import { withEnvironment } from "./environment.ts";
import { parseBlueprint } from "./load.ts";
import { resolveSource } from "./resolve.ts";

const text = `name: shop
stacks: { dev: { target: local }, prod: { target: aws, backend: "s3://state" } }
monitoring: { traces: { endpoint: "\${env:TRACES}" }, alerts: { receivers: { on-call: { webhook: "\${env:HOOK}" } } } }
mail: { from: a@b.example, smtp: "\${env:SMTP}" }
mindsdb: { database: app, llm: { provider: openai, model: m, apiKey: "\${env:LLM_KEY}" } }
postgres: { databases: { app: {} } }
services: { api: { path: services/api, command: [node, x], env: { KEY: "\${env:PAY_KEY}", LEVEL: debug } } }
`;
const file = new URL("../../purlin.yaml", import.meta.url).pathname;
const blueprint = (stack?: string) => resolveSource(parseBlueprint(file, text), { file, ...(stack && { stack }) });

test("references are read from the environment given, and what was read is told", () => {
  const secrets: string[] = [];
  const env = {
    SMTP: "smtps://u:p@m.example",
    LLM_KEY: "sk-1",
    HOOK: "https://h.example/x",
    TRACES: "https://t.example",
    PAY_KEY: "k",
  };
  const { mail, mindsdb, monitoring, services } = withEnvironment(blueprint(), env, (value) =>
    secrets.push(value),
  ).components;
  expect(secrets).toEqual(Object.values(env));
  expect([mail?.smtp, mindsdb?.llm?.apiKey]).toEqual(["smtps://u:p@m.example", "sk-1"]);
  expect(monitoring?.traces).toEqual({ endpoint: "https://t.example", sampleRatio: 0.1 });
  expect(monitoring?.alerts.receivers).toEqual({ "on-call": { webhook: "https://h.example/x" } });
  expect(services?.api?.env).toEqual({ KEY: "k", LEVEL: "debug" });
});

test("all that are missing are named at once", () => {
  expect(() => withEnvironment(blueprint(), { HOOK: "" })).toThrow(
    `${file} reads environment variables that are not set
  mail.smtp: SMTP
  mindsdb.llm.apiKey: LLM_KEY
  monitoring.alerts.receivers.on-call.webhook: HOOK
  monitoring.traces.endpoint: TRACES
  services.api.env.KEY: PAY_KEY`,
  );
});

test("a stack on a target that is not built is refused by name", () => {
  expect(() => demandAvailable(blueprint())).not.toThrow();
  expect(() => demandAvailable(blueprint("prod"))).toThrow(
    "stack prod is for the aws target, which is not available yet",
  );
});

test("a stack's own backend comes before the file's", () => {
  expect(blueprint("prod").backend).toBe("s3://state");
  expect(blueprint().backend).toBeUndefined();
});

test("an unknown stack names the known ones", () => {
  expect(() => blueprint("prd")).toThrow(`${file} has no stack "prd"; did you mean "prod"?`);
  try {
    blueprint("prd");
  } catch (error) {
    expect(error instanceof PurlinError && error.text.why).toBe("its stacks: dev, prod");
  }
});
